import { LeaderJobs, PgBossJobs, retentionJob } from '@resonate/maintenance';
import { storageTarget, type Runtime } from '@resonate/runtime';
import type { Service } from '@resonate/service';

/** What keeps the store in shape, done by the leader. */
export function createMaintenance(runtime: Runtime): Service {
  const { config, logger } = runtime;
  const jobs = [retentionJob(runtime)];
  const target = storageTarget(config);
  return target.type === 'postgres' ? new PgBossJobs(jobs, logger, target) : new LeaderJobs(jobs, logger);
}
