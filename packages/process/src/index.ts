export { openRuntime, type Runtime, type RuntimeOptions, type RuntimeWith } from './runtime.ts';
export { runProcess, VERSION, type ProcessOptions } from './run-process.ts';
export { traced, type Carrier, type ServerTracing } from './server-tracing.ts';
export { enabledTransports } from './enabled-transports.ts';
export { storageTarget } from './open-store.ts';
export { scanEveryMs, wakeupChannel, wakeupType } from './wakeups.ts';
export { MAX_FAILING, parseStats, type FailingTarget, type ProcessStats } from './process-stats.ts';
export { DEAD_AFTER_MS, isAlive, standing } from './membership.ts';
