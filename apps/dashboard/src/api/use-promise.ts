import type { PromiseDetail } from '@resonate/admin';
import { get } from './client.ts';
import { useResource, type Resource } from './use-resource.ts';
import { syncClock } from './server-clock.ts';

/** A promise with its task, connections and dead letters, kept up to date. */
export function usePromise(id: string): Resource<PromiseDetail> {
  return useResource(
    id,
    async (signal) => {
      const detail = await get('/admin/promises/:id', { id }, signal);
      syncClock(detail.now);
      return detail;
    },
    { live: '' },
  );
}
