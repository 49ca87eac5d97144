import type { Counters } from '../counters.ts';
import type { LatencySummary } from '../load/latencies.ts';
import type { Measurement } from '../measure.ts';

/** A measurement in comparable units. A value is absent if it could not be measured or has no meaning. */
export interface Row {
  target: string;
  work: string;
  /** The number of concurrent callers, or the rate at which rounds began: `64`, `500/s`. */
  load: string;
  roundsPerSecond?: number;
  requestsPerSecond?: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  serverCpuUsPerRequest?: number;
  databaseCpuUsPerRequest?: number;
  /** Counted by the server, including background work. Absent if the database is in the process. */
  statementsPerRequest?: number;
  roundTripsPerRequest?: number;
  /** Average number of requests in one transaction; absent if nothing was written. */
  meanBatchSize?: number;
  /** Percent of one core. Near 100 the load generator itself was the limit. */
  loadCpuPercent?: number;
  /** CPU time of the load generator. If a round is a workflow, it includes the worker and its client. */
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

/** A row with only latencies. */
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
