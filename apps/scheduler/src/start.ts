import { createJobs } from '@resonate/maintenance';
import type { Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { createDeadLetterSweep } from './dead-letter-sweep.ts';
import { Candidate } from './candidate.ts';
import { createLeaseCount } from './lease-count.ts';
import { createReaper } from './reaper.ts';
import { createTimers } from './timers.ts';

/**
 * The scheduler role. The elected process fires timers, releases the messages of dead processes, makes dead letters,
 * counts leases, and runs the maintenance jobs.
 */
export function createScheduler(runtime: Runtime): Service {
  const leaderServices = [createTimers, createReaper, createDeadLetterSweep, createLeaseCount, createJobs];
  return new Candidate(
    runtime,
    leaderServices.map((create) => create(runtime)),
  );
}
