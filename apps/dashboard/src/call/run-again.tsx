import type { PromiseDetail } from '@resonate/admin';
import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { serverNow } from '../api/server-clock.ts';
import { ConfirmDialog, Dialog, duration, ErrorState, FOREVER_MS, Icon, links, toast } from '../parts/index.ts';
import { usePromise } from '../api/use-promise.ts';
import { ValueView } from '../value/value-view.tsx';
import { TARGET } from './call.ts';
import { IdField, usePrefix } from './id-field.tsx';
import { start } from './start.ts';

const SECOND = 1_000;

interface Props {
  id: string;
  onClose: () => void;
}

/** Opens the form that starts a workflow like this one. */
export function RunAgain({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="refresh" />
        Run again…
      </button>
      {isOpen && <Loaded id={id} onClose={() => setOpen(false)} />}
    </>
  );
}

function Loaded({ id, onClose }: Props) {
  const { data, error, reload } = usePromise(id);
  if (data) return <RunAgainDialog detail={data} onClose={onClose} />;
  if (!error) return null;
  return (
    <Dialog title="Run again?" onClose={onClose}>
      <ErrorState error={error} onRetry={reload} />
    </Dialog>
  );
}

function RunAgainDialog({ detail, onClose }: { detail: PromiseDetail; onClose: () => void }) {
  const { id: oldId, param, tags, createdAt, timeoutAt } = detail.promise;
  const { route } = useLocation();
  const prefix = usePrefix();
  const [id, setId] = useState(() => newIdFor(oldId, serverNow()));
  const timeoutMs = timeoutAt - createdAt;
  // Then its timeout is copied unchanged.
  const isForever = timeoutMs > FOREVER_MS;
  return (
    <ConfirmDialog
      title="Run again?"
      action="Run again"
      isWide
      isReady={id !== '' && id.startsWith(prefix)}
      onClose={onClose}
      onConfirm={async () => {
        await start({ id, param, tags: tagsForNew(tags), timeoutAt: isForever ? timeoutAt : serverNow() + timeoutMs });
        toast(`Started ${id}`);
        route(links.promise(id));
      }}
    >
      <p>
        This starts a new workflow with the same function and arguments. It has{' '}
        {isForever ? 'no deadline' : `${duration(Math.ceil(timeoutMs / SECOND) * SECOND)} to complete`}.{' '}
        <span class="mono">{oldId}</span> does not change.
      </p>
      <IdField id={id} prefix={prefix} onChange={setId} />
      <section>
        <h3>Param</h3>
        <ValueView value={param} label="Param" />
      </section>
    </ConfirmDialog>
  );
}

const STAMP = /-\d{8}-\d{6}$/;

/** `order-1-20261122-140307`: the old id and the time, UTC. @param now epoch ms */
function newIdFor(id: string, now: number): string {
  const digits = new Date(now).toISOString().replace(/\D/g, '');
  return `${id.replace(STAMP, '')}-${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}

/** The target and the user's own tags. The others belong to the old promise: its caller, its schedule, its delay. */
function tagsForNew(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => name === TARGET || !name.startsWith('resonate:')));
}
