import type { Service } from '@resonate/lifecycle';
import { isAlive, type RuntimeWith, storageTarget } from '@resonate/process';
import { LeaderJobs } from './leader-jobs.ts';
import { PgBossJobs } from './pg-boss-jobs.ts';
import { recorded } from './recorded.ts';
import { redriveDuty } from './redrive.ts';
import { retentionDuty } from './retention.ts';
import { analyzeDuty, reindexDuty } from './upkeep.ts';

/** The maintenance jobs of the leader. On Postgres they run as pg-boss jobs, otherwise without a queue. */
export function createJobs(
  runtime: RuntimeWith<
    'config' | 'logger' | 'metrics' | 'processId',
    'clock' | 'cluster' | 'debug' | 'now' | 'upkeep' | 'waiting'
  >,
): Service {
  const { config, logger, processId, store } = runtime;
  const target = storageTarget(config);
  const duties = [retentionDuty, redriveDuty, analyzeDuty, ...(target.type === 'postgres' ? [reindexDuty] : [])];
  const jobs = duties.map((duty) => recorded(duty(runtime), runtime));
  if (target.type !== 'postgres') return new LeaderJobs(jobs, logger, store.clock);
  const isProcessAlive = async (id: string) => {
    const now = await store.now();
    return (await store.cluster.processes()).some((one) => one.id === id && isAlive(one, now));
  };
  return new PgBossJobs(jobs, { logger, target, processId, isProcessAlive, clock: store.clock });
}
