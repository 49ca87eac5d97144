import type { Cause } from '@resonate/admin';
import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Icon, links } from '../parts/index.ts';
import { REMEDIES } from '../actions/task-actions.ts';
import './promise.css';
import { SettleActions } from './settle-actions.tsx';
import { TaskButtons } from './task-buttons.tsx';
import { usePromise } from '../api/use-promise.ts';

/** Some reasons come and go without a change of the promise, such as a worker that connects. */
const MIN_INTERVAL_MS = 2_000;

const FAILED: readonly Cause[] = ['failed', 'canceled', 'timed_out'];
/** For these causes no buttons are shown, because a worker or a process must be started first. */
const NOT_RUNNING: readonly Cause[] = ['no_worker', 'transport_off'];

interface Props {
  id: string;
  /** True if the buttons that settle this promise are below. */
  isAboveSettle?: boolean;
}

/**
 * Why a promise is pending or has failed, what to do about it, and buttons that do it. While it loads, it reserves two
 * lines, so that the content below does not move under the pointer.
 */
export function Why({ id, isAboveSettle = false }: Props) {
  const { data, isLoading, reload } = useResource(
    `why ${id}`,
    (signal) => get('/admin/promises/:id/why', { id }, signal),
    {
      live: '',
      minIntervalMs: MIN_INTERVAL_MS,
    },
  );
  if (!data && isLoading) return <div class="why why-loading" aria-hidden="true" />;
  if (!data) return null;
  const { cause, sentence, action, command, needsAction, promise = id } = data;
  const hasButtons = command !== undefined || (needsAction && !NOT_RUNNING.includes(cause));
  const hasFailed = FAILED.includes(cause);
  return (
    <div
      class={`why tone-${toneOf(needsAction, hasFailed)}`}
      role="status"
      aria-label={hasFailed ? 'Why it failed' : 'Why it is pending'}
    >
      <Icon name={needsAction || hasFailed ? 'warning' : 'clock'} />
      <div>
        <p class="why-sentence">{sentence}</p>
        <p>
          {action}
          {promise !== id && (
            <>
              {' '}
              <a href={links.promise(promise)}>
                Open <span class="mono">{promise}</span>
              </a>
            </>
          )}
        </p>
        {hasButtons && (
          <ActionButtons key={promise} id={promise} hasTaskOnly={isAboveSettle && promise === id} onDone={reload} />
        )}
      </div>
    </div>
  );
}

function toneOf(needsAction: boolean, hasFailed: boolean): 'bad' | 'pending' | 'muted' {
  if (hasFailed) return 'bad';
  return needsAction ? 'pending' : 'muted';
}

interface ActionButtonsProps {
  id: string;
  /** Only buttons for its task. */
  hasTaskOnly: boolean;
  onDone: () => void;
}

/** Buttons for the last promise of the chain. */
function ActionButtons({ id, hasTaskOnly, onDone }: ActionButtonsProps) {
  const { data, reload } = usePromise(id);
  if (!data) return null;
  const isPending = data.promise.state === 'pending';
  const done = () => {
    reload();
    onDone();
  };
  if (data.task) {
    return isPending ? <TaskButtons id={id} task={data.task} actions={REMEDIES} onDone={done} /> : null;
  }
  return hasTaskOnly ? null : <SettleActions id={id} func={data.function} isPending={isPending} onDone={done} />;
}
