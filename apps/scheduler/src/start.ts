import { createJobs } from '@resonate/maintenance';
import type { Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { createDeadLetterSweep } from './dead-letter-sweep.ts';
import { Candidate } from './candidate.ts';
import { createLeaseCount } from './lease-count.ts';
import { createReaper } from './reaper.ts';
import { createTimers } from './timers.ts';

/**
 * The scheduler role: of all processes that have it, the elected one fires the timers, frees what the dead hold, buries
 * what nobody takes, counts what is held, and runs the maintenance jobs.
 */
export function createScheduler(runtime: Runtime): Service {
  const duties = [createTimers, createReaper, createDeadLetterSweep, createLeaseCount, createJobs];
  return new Candidate(
    runtime,
    duties.map((create) => create(runtime)),
  );
}
