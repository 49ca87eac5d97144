import { isAlive, parseStats, type RuntimeWith } from '@resonate/process';
import type { ProcessFacts } from './facts.ts';

type Context = RuntimeWith<'processId' | 'stats', 'cluster'>;

/** The statistics that each process wrote with its last heartbeat. For this process, the current ones. */
export async function processFacts({ processId, stats, store }: Context, now: number): Promise<ProcessFacts[]> {
  const own = await stats.read();
  return (await store.cluster.processes()).map(({ id, role, startedAt, heartbeatAt, leader, stats: text }) => {
    const isOwn = id === processId;
    return {
      role,
      startedAt,
      heartbeatAt: isOwn ? now : heartbeatAt,
      isAlive: isOwn || isAlive({ heartbeatAt }, now),
      leader,
      stats: isOwn ? own : parseStats(text),
    };
  });
}
