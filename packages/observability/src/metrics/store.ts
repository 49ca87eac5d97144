import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { BATCH_SIZES, REQUEST_SECONDS } from './buckets.ts';

/** Totals of the traffic with a database server. */
export interface TrafficCounts {
  readonly statements: number;
  readonly roundTrips: number;
}

/** The state of a connection pool. */
export interface PoolCounts {
  readonly size: number;
  /** Connections in use. */
  readonly used: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** The database, and the requests that wait for it. */
export function storeMetrics(registers: Registry[]) {
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
    queueWait: new Histogram({
      name: 'resonate_queue_wait_seconds',
      help: 'Longest wait of a request in a batch before the batch began',
      buckets: REQUEST_SECONDS,
      registers,
    }),
    /** reason: `conflict`, or `more_rows` if the batch needed rows that it had not loaded. */
    batchRetries: new Counter({
      name: 'resonate_batch_retries_total',
      help: 'Batches that ran again',
      labelNames: ['reason'] as const,
      registers,
    }),
    /** reason: as for `batchRetries`. */
    batchesGivenUp: new Counter({
      name: 'resonate_batches_given_up_total',
      help: 'Batches that were split, or requests that were refused, after too many retries',
      labelNames: ['reason'] as const,
      registers,
    }),
    up: new Gauge({
      name: 'resonate_store_up',
      help: '1 if the database answered the last operation, 0 if it could not be reached',
      registers,
    }),
    /** @param waiting read at each scrape, because no batch ends while the database hangs. */
    watchQueue(waiting: () => number): void {
      new Gauge({
        name: 'resonate_queue_depth',
        help: 'Requests waiting for the store',
        registers,
        collect() {
          this.set(waiting());
        },
      });
    },
    ...operationMetrics(registers),
    ...databaseMetrics(registers),
  };
}

function operationMetrics(registers: Registry[]) {
  const durations = new Histogram({
    name: 'resonate_store_operation_seconds',
    help: 'Time of one operation on the database: a batch that writes or reads, a claim, a search',
    labelNames: ['operation'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const errors = new Counter({
    name: 'resonate_store_errors_total',
    help: 'Operations on the database that failed; conflicts are repeated',
    labelNames: ['operation', 'error'],
    registers,
  });
  return {
    /**
     * Observes durations of one operation, s. Keep the returned object, because looking up the label for each
     * observation costs more.
     */
    storeOperation: (operation: string): { observe(seconds: number): void } => durations.labels(operation),
    countStoreError(operation: string, error: string): void {
      errors.inc({ operation, error });
    },
  };
}

function databaseMetrics(registers: Registry[]) {
  const watched = (create: typeof Gauge | typeof Counter, name: string, help: string) => {
    return (dialect: string, read: () => number) =>
      new create({
        name,
        help,
        labelNames: ['dialect'],
        registers,
        collect() {
          this.reset();
          this.inc({ dialect }, read());
        },
      });
  };
  return {
    /** @param traffic read only at each scrape, so that counting costs the store one addition. */
    watchDatabase(dialect: string, traffic: TrafficCounts): void {
      const statements = 'SQL statements sent to the database server, including BEGIN and COMMIT';
      watched(Counter, 'resonate_store_statements_total', statements)(dialect, () => traffic.statements);
      const roundTrips = 'Messages sent to the database server, each with one or more statements';
      watched(Counter, 'resonate_store_round_trips_total', roundTrips)(dialect, () => traffic.roundTrips);
    },
    /** @param pool read at each scrape. */
    watchPool(dialect: string, pool: PoolCounts): void {
      const size = 'Connections to the database that this process may have';
      watched(Gauge, 'resonate_pool_size', size)(dialect, () => pool.size);
      const used = 'Connections to the database that are in use';
      watched(Gauge, 'resonate_pool_used', used)(dialect, () => pool.used);
      const waiting = 'Operations that wait for a connection to the database';
      watched(Gauge, 'resonate_pool_waiting', waiting)(dialect, () => pool.waiting);
    },
  };
}
