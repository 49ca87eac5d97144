import type { Runtime } from '@resonate/runtime';
import type { Service } from '@resonate/service';
import { createBurial } from './burial.ts';
import { Candidate } from './candidate.ts';
import { createCensus } from './census.ts';
import { createReaper } from './reaper.ts';
import { createTimers } from './timers.ts';

/**
 * The scheduler role: of all processes that have it, the elected one fires the timers, frees what the dead hold, buries
 * what nobody takes and counts what is held.
 */
export function createScheduler(runtime: Runtime): Service {
  const duties = [createTimers(runtime), createReaper(runtime), createBurial(runtime), createCensus(runtime)];
  return new Candidate(runtime, duties);
}
