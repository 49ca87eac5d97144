import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Icon, links } from '../parts/index.ts';
import { REMEDIES } from '../tasks/task-actions.ts';
import './promise.css';
import { SettleActions } from './settle-actions.tsx';
import { TaskButtons } from './task-buttons.tsx';
import { usePromise } from './use-promise.ts';

/** Some reasons come and go without a change of the promise, such as a worker that connects. */
const MIN_INTERVAL_MS = 2_000;

/**
 * Why a promise is pending and what to do about it, in two sentences. Until that is known it keeps their place, so that what
 * is below does not move under the pointer.
 */
export function Why({ id }: { id: string }) {
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
  const { cause, sentence, action, needsAction, promise } = data;
  return (
    <div class={needsAction ? 'why tone-pending' : 'why tone-muted'} role="status" aria-label="Why it is pending">
      <Icon name={needsAction ? 'warning' : 'clock'} />
      <div>
        <p class="why-sentence">{sentence}</p>
        <p>
          {action}
          {promise !== undefined && promise !== id && (
            <>
              {' '}
              <a href={links.promise(promise)}>
                Open <span class="mono">{promise}</span>
              </a>
            </>
          )}
        </p>
        {promise !== undefined && promise !== id && (needsAction || cause === 'held') && (
          <WayOut key={promise} id={promise} onDone={reload} />
        )}
      </div>
    </div>
  );
}

/** Buttons for the promise at which the wait ends. The page of that promise has them elsewhere. */
function WayOut({ id, onDone }: { id: string; onDone: () => void }) {
  const { data, reload } = usePromise(id);
  if (data?.promise.state !== 'pending') return null;
  const done = () => {
    reload();
    onDone();
  };
  return data.task ? (
    <TaskButtons id={id} task={data.task} actions={REMEDIES} onDone={done} />
  ) : (
    <SettleActions id={id} func={data.function} onDone={done} />
  );
}
