import { StoreUnavailable } from '@resonate/drivers';
import type { Choices } from '@resonate/machine';
import type { CronDialect, Reply, Request } from '@resonate/protocol';
import { Admin } from './admin/admin.ts';
import { StoreClock } from './clock.ts';
import { Cluster } from './cluster.ts';
import { Debug, isDebug } from './debug.ts';
import type { Dialect } from './dialect.ts';
import type { BatcherLimits } from './engine/batcher.ts';
import { Engine } from './engine/engine.ts';
import { errorReply, isServerError } from './engine/error-reply.ts';
import { Offer, type Receiver } from './engine/handover.ts';
import { completeEvents, type StoreEvents } from './events.ts';
import { DueHints } from './hints.ts';
import { overlong } from './id-length.ts';
import { DeadLetters } from './outbox/dead-letters.ts';
import { Outbox } from './outbox/outbox.ts';
import { Queues } from './outbox/queues.ts';
import { Readiness } from './readiness.ts';
import { answerSearch, isSearch } from './search.ts';
import { Timers } from './timers.ts';
import { Upkeep } from './upkeep/upkeep.ts';

export interface StoreOptions {
  dialect: Dialect;
  /** The id of this process. It marks the messages that it claims. */
  processId: string;
  retryTimeoutMs: number;
  /** Only for `debug.snap`. */
  serverUrl: () => string;
  /** The cron dialect of schedules that name none; `resonate` if unset. */
  cronDialect?: CronDialect;
  limits: BatcherLimits;
  /** This machine's clock, epoch ms. */
  clock: () => number;
  events?: Partial<StoreEvents>;
}

export interface ExecuteOptions extends Choices {
  prefix?: string;
}

/**
 * The only way to the database, whichever it is. It answers requests. Everything else is in parts, so that each user
 * takes only the part that it needs.
 */
export class Store {
  readonly #dialect: Dialect;
  readonly #engine: Engine;
  readonly #readiness: Readiness;
  readonly #cronDialect: CronDialect | undefined;
  readonly #events: StoreEvents;
  readonly clock: StoreClock;
  readonly hints: DueHints;
  readonly timers: Timers;
  /** Claims messages, and records what became of them. */
  readonly outbox: Outbox;
  readonly queues: Queues;
  /** The `unblock`s that could not be delivered. */
  readonly deadLetters: DeadLetters;
  readonly cluster: Cluster;
  readonly upkeep: Upkeep;
  /** What operators look at. */
  readonly admin: Admin;
  readonly debug: Debug;
  #receiver: Receiver | null = null;

  /** The dialect must be migrated. */
  constructor({ dialect, processId, retryTimeoutMs, serverUrl, ...options }: StoreOptions) {
    this.#dialect = dialect;
    this.#cronDialect = options.cronDialect;
    this.#events = completeEvents(options.events ?? {});
    const { measured } = this.#events;
    const claimer = { processId, retryTimeoutMs };
    this.clock = new StoreClock(dialect, options.clock);
    this.hints = new DueHints();
    this.#engine = new Engine({
      dialect,
      limits: options.limits,
      retryTimeoutMs,
      clockRead: (now) => this.clock.wasRead(now),
      offer: () => new Offer(this.debug.lastPaused ? null : this.#receiver, claimer),
      committed: (changes) => this.hints.committed(changes),
      events: this.#events,
    });
    this.#readiness = new Readiness(dialect, this.#engine);
    this.debug = new Debug({
      dialect,
      retryTimeoutMs,
      serverUrl,
      submit: (command, debugNow) => this.#engine.submitOwn(command, debugNow),
    });
    this.timers = new Timers(dialect, (command) => this.#engine.submitOwn(command, null), this.#events);
    this.outbox = new Outbox({ ...claimer, dialect, clock: this.clock, measured });
    this.queues = new Queues(dialect, processId, measured);
    this.deadLetters = new DeadLetters(dialect, (transports, at) => this.hints.messagesDue(transports, at));
    this.cluster = new Cluster(dialect, processId, measured);
    this.upkeep = new Upkeep(dialect, this.deadLetters);
    this.admin = new Admin(dialect, this.outbox, (transport, at) => this.hints.messagesDue([transport], at));
  }

  /**
   * Runs a checked request. Never rejects: if the store fails, the reply is a 503 or a 500.
   * @param debugNow replaces the clock for this request (epoch ms), null for the store's own.
   * @param size of the request in bytes.
   * @param options.prefix a search finds only ids that begin with it.
   * @param options.fencePreload `own`: a `task.fence` never preloads more than the promise it created or settled.
   */
  async execute(
    request: Request,
    debugNow: number | null,
    size: number,
    { prefix = '', ...choices }: ExecuteOptions = {},
  ): Promise<Reply> {
    const { maxIdLength } = this.#dialect;
    const tooLong = maxIdLength === undefined ? null : overlong(request, maxIdLength);
    if (tooLong) return { status: 400, data: `Invalid request: ${tooLong}` };
    try {
      if (isSearch(request)) {
        return await this.#events.measured('search', () => answerSearch(this.#dialect, request, debugNow, prefix));
      }
      if (isDebug(request)) return await this.debug.run(request, debugNow);
      const cronDialect = this.#cronDialect;
      return await this.#engine.submit(request, debugNow, size, { cronDialect, ...choices });
    } catch (error) {
      if (isServerError(error)) this.#events.requestFailed(request.kind, error);
      if (error instanceof StoreUnavailable) this.#events.unavailable(error);
      return errorReply(error);
    }
  }

  /** The connections of this process. A batch hands messages over to them in its own commit. */
  attachReceiver(receiver: Receiver | null): void {
    this.#receiver = receiver;
  }

  /** See `Dialect.failed`. */
  get failed(): AbortSignal | undefined {
    return this.#dialect.failed;
  }

  /** How many requests wait for a batch. */
  get waiting(): number {
    return this.#engine.waiting;
  }

  /** Asks the database for its clock, epoch ms. */
  now(): Promise<number> {
    return this.clock.read();
  }

  /** True when other processes may work on the same database. */
  get isShared(): boolean {
    return this.#dialect.isShared;
  }

  /** Resolves when requests can be served. @throws StoreUnavailable, or the database's error, when they cannot. */
  ready(): Promise<void> {
    return this.#readiness.check();
  }

  /** Answers what was submitted, then closes the database. */
  async close(): Promise<void> {
    await this.#engine.drain();
    await this.#dialect.close();
  }
}
