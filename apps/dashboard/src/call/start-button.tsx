import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { serverNow } from '../api/server-clock.ts';
import { ConfirmDialog, Icon, links, toast } from '../parts/index.ts';
import { argumentsOf, NEW_CALL, paramOf, TARGET, timeoutMs } from './call.ts';
import { CallFields } from './call-fields.tsx';
import { IdField, usePrefix } from './id-field.tsx';
import { start } from './start.ts';

/** Opens the form that starts a workflow. */
export function StartButton() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        <Icon name="play" />
        Start a workflow
      </button>
      {isOpen && <StartDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function StartDialog({ onClose }: { onClose: () => void }) {
  const { route } = useLocation();
  const prefix = usePrefix();
  const [id, setId] = useState(prefix);
  const [call, setCall] = useState(NEW_CALL);
  const isReady =
    id !== '' &&
    id.startsWith(prefix) &&
    call.func !== '' &&
    call.target !== '' &&
    argumentsOf(call) !== null &&
    timeoutMs(call) > 0;
  return (
    <ConfirmDialog
      title="Start a workflow"
      action="Start"
      isWide
      isReady={isReady}
      onClose={onClose}
      onConfirm={async () => {
        const tags = { [TARGET]: call.target };
        await start({ id, param: paramOf(call), tags, timeoutAt: serverNow() + timeoutMs(call) });
        toast(`Started ${id}`);
        route(links.promise(id));
      }}
    >
      <div class="form-grid">
        <IdField id={id} prefix={prefix} onChange={setId} isWide />
        <CallFields
          call={call}
          onChange={(changes) => setCall({ ...call, ...changes })}
          functionHint="The name under which the worker registered it"
          timeoutLabel="Timeout (minutes)"
        />
      </div>
    </ConfirmDialog>
  );
}
