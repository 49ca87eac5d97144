import { createJobs } from '@resonate/maintenance';
import type { Runtime } from '@resonate/runtime';
import type { Service } from '@resonate/service';
import { createBurial } from './burial.ts';
import { Candidate } from './candidate.ts';
import { createCensus } from './census.ts';
import { createReaper } from './reaper.ts';
import { createTimers } from './timers.ts';

/**
 * The scheduler role: of all processes that have it, the elected one fires the timers, frees what the dead hold, buries
 * what nobody takes, counts what is held, and runs the maintenance jobs.
 */
export function createScheduler(runtime: Runtime): Service {
  const duties = [createTimers, createReaper, createBurial, createCensus, createJobs];
  return new Candidate(
    runtime,
    duties.map((create) => create(runtime)),
  );
}
