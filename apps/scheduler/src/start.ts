import type { Runtime } from '@resonate/runtime';
import type { Service } from '@resonate/service';
import { Candidate } from './candidate.ts';
import { createReaper } from './reaper.ts';
import { createTimers } from './timers.ts';

/** The scheduler role: of all processes that have it, the elected one fires the timers and frees what the dead hold. */
export function createScheduler(runtime: Runtime): Service {
  return new Candidate(runtime, [createTimers(runtime), createReaper(runtime)]);
}
