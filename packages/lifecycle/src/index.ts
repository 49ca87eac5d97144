export { systemClock, type Clock } from './clock.ts';
export { backoffMs, type BackoffOptions } from './backoff.ts';
export { listen } from './listen.ts';
export { Loop, type LoopOptions, type Step } from './loop.ts';
export type { Service } from './service.ts';
export { ServiceGroup } from './service-group.ts';
export { runUntilSignal, type RunOptions } from './run-until-signal.ts';
