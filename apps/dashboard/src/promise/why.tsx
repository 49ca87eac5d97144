import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Icon, links } from '../parts/index.ts';
import './promise.css';

/** Some reasons come and go without a change of the promise, such as a worker that connects. */
const MIN_INTERVAL_MS = 2_000;

/**
 * Why a promise is pending and what to do about it, in two sentences. Until that is known it keeps their place, so that what
 * is below does not move under the pointer.
 */
export function Why({ id }: { id: string }) {
  const { data, isLoading } = useResource(`why ${id}`, (signal) => get('/admin/promises/:id/why', { id }, signal), {
    live: '',
    minIntervalMs: MIN_INTERVAL_MS,
  });
  if (!data && isLoading) return <div class="why why-loading" aria-hidden="true" />;
  if (!data) return null;
  const { sentence, action, needsAction, promise } = data;
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
      </div>
    </div>
  );
}
