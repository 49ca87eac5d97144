import { knownKind } from '@resonate/protocol';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { REQUEST_SECONDS } from './buckets.ts';
import { Tally } from './tally.ts';

/** Requests of clients. The two names are the public server's, because existing dashboards query them. */
export function requestMetrics(registers: Registry[]) {
  const requests = new Counter({
    name: 'resonate_request_total',
    help: 'Requests by kind and status',
    labelNames: ['kind', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'resonate_request_duration_seconds',
    help: 'Time from a request to its answer',
    labelNames: ['kind'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const tally = new Tally();
  return {
    /** Totals over all kinds, as plain numbers. */
    requestCounts: tally.counts,
    /** Counts an answered request. A kind that is not in the protocol is counted as `unknown`. */
    countRequest(kind: string, status: number, seconds: number): void {
      const label = knownKind(kind);
      tally.countRequest(status, seconds);
      requests.inc({ kind: label, status });
      durations.observe({ kind: label }, seconds);
    },
    /** Counts promises that a commit settled. */
    countSettled: (promises: number) => tally.countSettled(promises),
    sseConnections: new Gauge({
      name: 'resonate_sse_connections',
      help: 'Event streams open on this process',
      registers,
    }),
    websocketConnections: new Gauge({
      name: 'resonate_websocket_connections',
      help: 'WebSockets of workers open on this process',
      registers,
    }),
  };
}
