import type { Runtime } from '@resonate/runtime';
import type { Service } from '@resonate/service';
import { createBurial } from './burial.ts';
import { Candidate } from './candidate.ts';
import { createReaper } from './reaper.ts';
import { createTimers } from './timers.ts';

/**
 * The scheduler role: of all processes that have it, the elected one fires the timers, frees what the dead hold and
 * buries what nobody takes.
 */
export function createScheduler(runtime: Runtime): Service {
  return new Candidate(runtime, [createTimers(runtime), createReaper(runtime), createBurial(runtime)]);
}
