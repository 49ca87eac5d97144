export { createLogger, silentLogger, type Logger, type LogLevel, type LogTarget, type RootLogger } from './logger.ts';
export type { Fields } from './log-format.ts';
export { ManualClock, systemClock, type Clock } from './clock.ts';
export { Loop, type LoopOptions, type Step } from './loop.ts';
export type { Service } from './service.ts';
export { ServiceGroup } from './service-group.ts';
export { runUntilSignal, type RunOptions } from './run-until-signal.ts';
export { createMetrics, type Metrics, type Role } from './metrics.ts';
export { MetricsServer, type MetricsServerOptions, type ReadyCheck } from './metrics-server.ts';
