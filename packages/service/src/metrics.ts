/** What every process measures. The first five names are the public server's: boards query them. */
import { isKind } from '@resonate/protocol';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Role = 'all' | 'api' | 'scheduler' | 'dispatcher';

export type Metrics = ReturnType<typeof createMetrics>;

/** From a request that waits for nothing to one that waits for a database that is away. */
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LATENESS_SECONDS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 120];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** @returns the metrics of one process with a registry of their own (so that tests may have many). */
export function createMetrics({ role, version }: { role: Role; version: string }) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: 'resonate_build_info',
    help: 'Version and role of this process; always 1',
    labelNames: ['version', 'role', 'node'],
    registers,
  });
  buildInfo.set({ version, role, node: process.version }, 1);
  return { registry, ...requestMetrics(registers), ...deliveryMetrics(registers), ...storeMetrics(registers) };
}

function requestMetrics(registers: Registry[]) {
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
  return {
    /** Counts an answered request; a kind the protocol doesn't know is counted as `unknown`. */
    countRequest(kind: string, status: number, seconds: number): void {
      const label = isKind(kind) ? kind : 'unknown';
      requests.inc({ kind: label, status });
      durations.observe({ kind: label }, seconds);
    },
    sseConnections: new Gauge({
      name: 'resonate_sse_connections',
      help: 'Event streams open on this process',
      registers,
    }),
  };
}

function deliveryMetrics(registers: Registry[]) {
  return {
    /** kind: `execute` or `unblock`. */
    messages: new Counter({
      name: 'resonate_messages_total',
      help: 'Messages handed to a transport',
      labelNames: ['kind'] as const,
      registers,
    }),
    /** status: `success` or `error`. */
    deliveries: new Counter({
      name: 'resonate_deliveries_total',
      help: 'Attempts to deliver a message',
      labelNames: ['status'] as const,
      registers,
    }),
    /** transport: `poll`, `http`, … */
    backlog: new Gauge({
      name: 'resonate_backlog_messages',
      help: 'Messages that are due and that nobody has claimed, in the whole cluster (counted up to 10000)',
      labelNames: ['transport'] as const,
      registers,
    }),
    schedulePromises: new Counter({
      name: 'resonate_schedule_promises_total',
      help: 'Promises created by schedules',
      registers,
    }),
    timerLateness: new Histogram({
      name: 'resonate_timer_lateness_seconds',
      help: 'How long after its time a promise timeout, lease end or schedule took effect',
      buckets: LATENESS_SECONDS,
      registers,
    }),
  };
}

function storeMetrics(registers: Registry[]) {
  return {
    batchSize: new Histogram({
      name: 'resonate_batch_size',
      help: 'Requests in one batch (one transaction)',
      buckets: BATCH_SIZES,
      registers,
    }),
    batchDuration: new Histogram({
      name: 'resonate_batch_duration_seconds',
      help: 'Time one batch took in the store',
      buckets: REQUEST_SECONDS,
      registers,
    }),
    queueDepth: new Gauge({ name: 'resonate_queue_depth', help: 'Requests waiting for the store', registers }),
    /** @param traffic running counts, read at each scrape: counting itself costs the store an addition. */
    watchDatabase(dialect: string, traffic: { readonly statements: number; readonly roundTrips: number }): void {
      const counter = (name: string, help: string, count: () => number) =>
        new Counter({
          name,
          help,
          labelNames: ['dialect'],
          registers,
          collect() {
            this.reset();
            this.inc({ dialect }, count());
          },
        });
      const statements = 'SQL statements sent to the database server, BEGIN and COMMIT included';
      counter('resonate_store_statements_total', statements, () => traffic.statements);
      const roundTrips = 'Messages sent to the database server, each with one statement or several';
      counter('resonate_store_round_trips_total', roundTrips, () => traffic.roundTrips);
    },
  };
}
