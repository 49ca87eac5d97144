import { Counter, Gauge, type Registry } from 'prom-client';

/** Deletion of old call graphs. Only the leader reports these. */
export function retentionMetrics(registers: Registry[]) {
  return {
    retentionDeleted: new Counter({
      name: 'resonate_retention_deleted_total',
      help: 'Promises that retention deleted',
      registers,
    }),
    retentionLastRun: new Gauge({
      name: 'resonate_retention_last_run_timestamp_seconds',
      help: 'When this process last finished a retention run; 0: never',
      registers,
    }),
    retentionLag: new Gauge({
      name: 'resonate_retention_lag_seconds',
      help: 'How long the oldest promise that retention has not checked yet has been due; about retention.interval while retention keeps up',
      registers,
    }),
    retentionBacklog: new Gauge({
      name: 'resonate_retention_backlog',
      help: 'Promises old enough to be deleted that the current run has not checked yet (counted up to 10000)',
      registers,
    }),
    /** reason: `pending`, `recent`, `forever`, `awaited`, `undelivered`, `dead_letter` or `changed`. */
    retentionKept: new Gauge({
      name: 'resonate_retention_kept',
      help: 'Call graphs that the last run kept although one of their promises is old enough',
      labelNames: ['reason'] as const,
      registers,
    }),
  };
}
