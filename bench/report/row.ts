import type { Counters } from '../counters.ts';
import type { Measurement } from '../measure.ts';

/** A measurement in the units people compare. */
export interface Row {
  target: string;
  scenario: string;
  callers: number;
  roundsPerSecond: number;
  requestsPerSecond: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Absent when it could not be measured, or nothing was requested. */
  serverCpuUsPerRequest?: number;
  databaseCpuUsPerRequest?: number;
  /** As the server counted them, background work included. Absent where the database is in the process. */
  statementsPerRequest?: number;
  roundTripsPerRequest?: number;
  /** Requests in one transaction, on the average; absent when nothing was written. */
  meanBatchSize?: number;
  /** Of one core. Near 100 the load generator itself was the limit. */
  loadCpuPercent: number;
}

export function toRow(measured: Measurement): Row {
  const perSecond = (count: number) => (measured.elapsedMs > 0 ? (count / measured.elapsedMs) * 1_000 : 0);
  return {
    target: measured.target,
    scenario: measured.scenario,
    callers: measured.callers,
    roundsPerSecond: perSecond(measured.rounds),
    requestsPerSecond: perSecond(measured.requests),
    p50Ms: measured.latency.p50,
    p90Ms: measured.latency.p90,
    p99Ms: measured.latency.p99,
    maxMs: measured.latency.max,
    ...cpuPerRequest('serverCpuUsPerRequest', measured.serverCpuMs, measured.requests),
    ...cpuPerRequest('databaseCpuUsPerRequest', measured.databaseCpuMs, measured.requests),
    ...databaseWork(measured.counters),
    loadCpuPercent: measured.elapsedMs > 0 ? (measured.loadCpuMs / measured.elapsedMs) * 100 : 0,
  };
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
