import { Counter, Gauge, type Registry } from 'prom-client';

/** Background jobs, reported only by the leader. The label is `name`, because Prometheus uses `job` itself: `retention`, … */
export function maintenanceMetrics(registers: Registry[]) {
  return {
    maintenanceRunning: new Gauge({
      name: 'resonate_maintenance_running',
      help: 'Whether this process runs the maintenance job now',
      labelNames: ['name'] as const,
      registers,
    }),
    /** outcome: `done` or `failed`. */
    maintenanceRuns: new Counter({
      name: 'resonate_maintenance_runs_total',
      help: 'Runs of a maintenance job in this process, by outcome',
      labelNames: ['name', 'outcome'] as const,
      registers,
    }),
    maintenanceLastRun: new Gauge({
      name: 'resonate_maintenance_last_run_timestamp_seconds',
      help: 'When a run of the maintenance job last finished in this process; 0: never',
      labelNames: ['name'] as const,
      registers,
    }),
  };
}
