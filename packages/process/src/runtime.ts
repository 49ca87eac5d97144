import { randomUUID } from 'node:crypto';
import { effectiveServerUrl, type Config } from '@resonate/config';
import { type Clock, systemClock } from '@resonate/lifecycle';
import { atMostEvery, createMetrics, type Metrics, type Role, type RootLogger } from '@resonate/observability';
import { Store, type Batch, type Changes } from '@resonate/store';
import { enabledTransports } from './enabled-transports.ts';
import { LeadershipState } from './leadership-state.ts';
import { measureStore } from './measure-store.ts';
import { openStorage } from './open-store.ts';
import { StatsSource } from './process-stats.ts';
import { openTracing, type ServerTracing } from './server-tracing.ts';

/** What all roles of a process share. */
export interface Runtime {
  readonly config: Config;
  readonly logger: RootLogger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly store: Store;
  /** Identifies this process in the messages that it claims. */
  readonly processId: string;
  /** The URL that workers call. If `server.port` is 0, the HTTP server of this process sets it when it listens. */
  serverUrl: string;
  readonly leadership: LeadershipState;
  /** What this process reports about itself to the other processes. */
  readonly stats: StatsSource;
  /** null if traces are off. */
  readonly tracing: ServerTracing | null;
}

/** The parts of a runtime that some code uses: these fields, and these parts of the store. */
export type RuntimeWith<Fields extends Exclude<keyof Runtime, 'store'>, StoreParts extends keyof Store> = Pick<
  Runtime,
  Fields
> & { readonly store: Pick<Store, StoreParts> };

export interface RuntimeOptions {
  config: Config;
  role: Role;
  version: string;
  logger: RootLogger;
  clock?: Clock;
}

/** The maximum size of a batch in bytes. It limits memory and is far above the size of a usual batch. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/**
 * The maximum size of all waiting requests in bytes. Beyond it clients get a 503, even if storage.queue_size allows
 * more requests.
 */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** At most one log line in this time, because during an outage every batch fails. */
const LOG_EVERY_MS = 10_000;

/**
 * Opens the store, the metrics and the traces of a process.
 * @throws StoreUnavailable
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, role, version, logger, clock = systemClock } = options;
  const processId = `${role}-${randomUUID()}`;
  const metrics = createMetrics({ role, version });
  const tracing = await openTracing({ config, role, version, processId, logger });
  const dialect = await openStorage(config, () => clock.now(), logger);
  const store = new Store({
    dialect,
    processId,
    retryTimeoutMs: config.tasks.retryTimeoutMs,
    serverUrl: () => runtime.serverUrl,
    cronDialect: config.schedules.cron,
    clock: () => clock.now(),
    limits: {
      maxItems: config.storage.batchSize,
      maxWeight: MAX_BATCH_BYTES,
      maxInFlight: config.storage.batchesInFlight,
      maxWaiting: config.storage.queueSize,
      maxWaitingWeight: MAX_WAITING_BYTES,
    },
    events: {
      batchDone: (batch) => {
        countBatch(metrics, batch);
        tracing?.batch(batch);
      },
      timerFailed: (timer) => logger.error('timer failed', timer),
      requestFailed: (kind, error) => logger.error('request failed', { kind, error }),
      unavailable: atMostEvery(LOG_EVERY_MS, (error) =>
        logger.warn('the database is unavailable, requests are answered with 503', { error }),
      ),
      conflicted: (attempt) => {
        metrics.batchRetries.inc({ reason: 'conflict' });
        logger.debug('a batch is retried after a conflict', { attempt });
      },
      repeated: () => metrics.batchRetries.inc({ reason: 'more_rows' }),
      gaveUp: (reason) => {
        metrics.batchesGivenUp.inc({ reason });
        logger.warn('a batch failed after too many retries; it is split if it has more than one request', { reason });
      },
      measured: measureStore(metrics),
    },
  });
  store.hints.onChanges((changes) => metrics.countSettled(settledBy(changes)));
  metrics.watchQueue(() => store.waiting);
  if (dialect.traffic) metrics.watchDatabase(dialect.name, dialect.traffic);
  if (dialect.pool) metrics.watchPool(dialect.name, dialect.pool);
  if (!store.isShared) await releaseClaimsOfTheDead(store);
  const leadership = new LeadershipState();
  leadership.onChange(() => {
    metrics.leader.set(leadership.held ? 1 : 0);
    // From now on the new leader reports these.
    if (leadership.held) return;
    const { timersFailing, retentionLag, retentionBacklog, retentionKept } = metrics;
    for (const gauge of [timersFailing, retentionLag, retentionBacklog, retentionKept]) gauge.reset();
  });
  // Prometheus does not see an increase if a series begins with it.
  for (const transport of enabledTransports(config)) {
    for (const reason of ['attempts', 'age']) metrics.newDeadLetters.inc({ transport, reason }, 0);
  }
  const stats = new StatsSource(metrics, () => store.waiting, enabledTransports(config));
  const runtime: Runtime = {
    ...{ config, logger, clock, metrics, store, processId, leadership, stats, tracing },
    serverUrl: effectiveServerUrl(config),
  };
  return runtime;
}

/**
 * Releases claims of earlier processes on the same SQLite file. Only one process at a time uses the file, so a process
 * that is still listed in it was killed, and its claims are released. A process that stopped cleanly is not listed.
 * Messages that it still claims were delivered, so push targets do not get them again at once. Workers on streams do
 * get them again: they lost their connection, perhaps before they could acquire the task.
 */
async function releaseClaimsOfTheDead(store: Pick<Store, 'cluster' | 'outbox'>): Promise<void> {
  await store.outbox.release({ processIds: null, since: { transport: 'poll', dueFrom: 0 } });
  const dead = (await store.cluster.processes()).map(({ id }) => id);
  if (dead.length > 0) await store.outbox.release({ processIds: new Set(dead) });
}

/** How many promises a commit settled. A row of a promise is written when it is created and when it settles. */
function settledBy({ promises: { inserts, updates } }: Changes): number {
  let settled = updates.length;
  // A promise that is created after its timeout is settled at once.
  for (const { state } of inserts) if (state !== 'pending') settled++;
  return settled;
}

/** A read batch waits in the queue like others, but it is not a transaction, so only its wait is observed. */
function countBatch(metrics: Metrics, { sort, size, waitedMs, ms }: Batch): void {
  metrics.queueWait.observe(waitedMs / 1000);
  if (sort === 'read') return;
  metrics.batchSize.observe(size);
  metrics.batchDuration.observe(ms / 1000);
}
