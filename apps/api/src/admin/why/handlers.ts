import type { RuntimeWith } from '@resonate/process';
import type { ScheduleRecord } from '@resonate/protocol';
import { Refusal } from '../../http/refusal.ts';
import type { Handlers } from '../mount.ts';
import { followChain } from './chain.ts';
import { processFacts } from './process-facts.ts';
import { scheduleWhy } from './schedule.ts';
import { why } from './why.ts';

type Context = RuntimeWith<'config' | 'processId' | 'stats', 'admin' | 'cluster' | 'execute' | 'now'>;

/**
 * The endpoints that explain why a promise or schedule does not continue. They read promises by key, and at most as many
 * as docs/admin-api.md says.
 */
export function whyHandlers(runtime: Context): Pick<Handlers, 'why' | 'scheduleWhy'> {
  const { config, store } = runtime;
  return {
    async why({ params: { id } }, { prefix }) {
      const maySee = (other: string) => other.startsWith(prefix);
      const now = await store.now();
      const chain = maySee(id)
        ? await followChain(id, {
            waits: (one, limit) => store.admin.waits(one, limit, now),
            outcome: (one) => store.admin.outcome(one, now),
            maySee,
          })
        : null;
      if (!chain) throw new Refusal(404, 'Promise not found');
      const processes = await processFacts(runtime, now);
      return why({ now, chain, processes, retryTimeoutMs: config.tasks.retryTimeoutMs, prefix });
    },
    async scheduleWhy({ params: { id } }, { prefix }) {
      const reply = id.startsWith(prefix)
        ? await store.execute({ kind: 'schedule.get', data: { id } }, null, 0)
        : { status: 404, data: null };
      if (reply.status >= 500) throw new Refusal(reply.status, String(reply.data));
      if (reply.status !== 200) throw new Refusal(404, 'Schedule not found');
      const now = await store.now();
      const { schedule } = reply.data as { schedule: ScheduleRecord };
      return scheduleWhy(schedule, { now, processes: await processFacts(runtime, now) });
    },
  };
}
