import { Counter, Gauge, type Registry } from 'prom-client';

/** Background jobs, reported by the leader alone. name (Prometheus uses `job` itself): `retention`, … */
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
      help: 'Runs of a maintenance job in this process, by how they ended',
      labelNames: ['name', 'outcome'] as const,
      registers,
    }),
    maintenanceLastRun: new Gauge({
      name: 'resonate_maintenance_last_run_timestamp_seconds',
      help: 'When this process last brought a run of the maintenance job to its end; 0: never',
      labelNames: ['name'] as const,
      registers,
    }),
  };
}
