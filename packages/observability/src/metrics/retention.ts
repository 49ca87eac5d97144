import { Counter, Gauge, type Registry } from 'prom-client';

/** What is deleted of the past, told by the leader alone. */
export function retentionMetrics(registers: Registry[]) {
  return {
    retentionDeleted: new Counter({
      name: 'resonate_retention_deleted_total',
      help: 'Promises that were deleted because they had been settled for long enough',
      registers,
    }),
    retentionLastRun: new Gauge({
      name: 'resonate_retention_last_run_timestamp_seconds',
      help: 'When this process last looked through all that is old enough to be deleted; 0: never',
      registers,
    }),
    retentionBacklog: new Gauge({
      name: 'resonate_retention_backlog',
      help: 'Promises old enough to be deleted that the look under way has not come to (counted up to 10000)',
      registers,
    }),
    /** reason: `pending`, `recent`, `forever`, `awaited`, `undelivered`, `dead_letter` or `changed`. */
    retentionKept: new Gauge({
      name: 'resonate_retention_kept',
      help: 'Call graphs that stayed at the last look, although one of their promises is old enough',
      labelNames: ['reason'] as const,
      registers,
    }),
  };
}
