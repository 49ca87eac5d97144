export { openRuntime, type Runtime, type RuntimeOptions } from './runtime.ts';
export { EXIT_USAGE, runProcess, VERSION, type ProcessOptions } from './run-process.ts';
export { messageOf } from './message-of.ts';
export { outcomeOf, outcomeOfFailure, type Failure } from './outcome-of.ts';
export { enabledTransports } from './enabled-transports.ts';
export { storageTarget } from './open-store.ts';
export { unfinishedOption } from './unfinished.ts';
export { wakeupChannel } from './wakeups.ts';
export { DEAD_AFTER_MS } from './membership.ts';
