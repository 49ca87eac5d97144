import type { Counters } from '../counters.ts';
import type { LatencySummary } from '../load/latencies.ts';
import type { Measurement } from '../measure.ts';

/** A measurement in the units people compare. What is absent could not be measured, or means nothing there. */
export interface Row {
  target: string;
  work: string;
  /** Callers at once, or the rate that rounds began at: `64`, `500/s`. */
  load: string;
  roundsPerSecond?: number;
  requestsPerSecond?: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  serverCpuUsPerRequest?: number;
  databaseCpuUsPerRequest?: number;
  /** As the server counted them, background work included. Absent where the database is in the process. */
  statementsPerRequest?: number;
  roundTripsPerRequest?: number;
  /** Requests in one transaction, on the average; absent when nothing was written. */
  meanBatchSize?: number;
  /** Of one core. Near 100 the load generator itself was the limit. */
  loadCpuPercent?: number;
  /** The load generator's: that of the worker and its client, where a round is a workflow. */
  loadCpuUsPerRound?: number;
}

export function toRow(measured: Measurement): Row {
  const perSecond = (count: number) => (measured.elapsedMs > 0 ? (count / measured.elapsedMs) * 1_000 : 0);
  return {
    ...latencyRow(measured, measured.latency),
    roundsPerSecond: perSecond(measured.rounds),
    requestsPerSecond: perSecond(measured.requests),
    ...cpuPerRequest('serverCpuUsPerRequest', measured.serverCpuMs, measured.requests),
    ...cpuPerRequest('databaseCpuUsPerRequest', measured.databaseCpuMs, measured.requests),
    ...databaseWork(measured.counters),
    ...(measured.rounds > 0 ? { loadCpuUsPerRound: (measured.loadCpuMs * 1_000) / measured.rounds } : {}),
    loadCpuPercent: measured.elapsedMs > 0 ? (measured.loadCpuMs / measured.elapsedMs) * 100 : 0,
  };
}

/** A row of which only latencies are known. */
export function latencyRow(of: Pick<Row, 'target' | 'work' | 'load'>, latency: LatencySummary): Row {
  const { target, work, load } = of;
  return { target, work, load, p50Ms: latency.p50, p90Ms: latency.p90, p99Ms: latency.p99, maxMs: latency.max };
}

function cpuPerRequest<Name extends string>(
  name: Name,
  cpuMs: number | undefined,
  requests: number,
): Partial<Record<Name, number>> {
  if (cpuMs === undefined || requests === 0) return {};
  return { [name]: (cpuMs * 1_000) / requests } as Partial<Record<Name, number>>;
}

function databaseWork(
  counters?: Counters,
): Pick<Row, 'statementsPerRequest' | 'roundTripsPerRequest' | 'meanBatchSize'> {
  if (!counters) return {};
  const { requests, batches, batched, statements, roundTrips } = counters;
  return {
    ...(statements !== undefined && requests > 0 ? { statementsPerRequest: statements / requests } : {}),
    ...(roundTrips !== undefined && requests > 0 ? { roundTripsPerRequest: roundTrips / requests } : {}),
    ...(batches > 0 ? { meanBatchSize: batched / batches } : {}),
  };
}
