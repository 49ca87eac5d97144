import { LeaderJobs, retentionJob } from '@resonate/maintenance';
import type { Runtime } from '@resonate/runtime';
import type { Service } from '@resonate/service';

/** What keeps the store in shape, done by the leader. */
export function createMaintenance(runtime: Runtime): Service {
  return new LeaderJobs([retentionJob(runtime)], runtime.logger);
}
