import type { Changes, Choices, Command, DeliveryOutcome, Release } from '@resonate/machine';
import type { CronDialect, Reply, Request, Transport } from '@resonate/protocol';
import { Admin } from './admin/admin.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { runDebug } from './debug.ts';
import { StoreUnavailable, type Dialect, type Leadership, type WaitingTarget } from './dialect.ts';
import type { ProcessInfo, ProcessRow } from './processes.ts';
import type { BatcherLimits } from './engine/batcher.ts';
import { Engine } from './engine/engine.ts';
import { errorReply, isFault } from './engine/error-reply.ts';
import { Offer, type Receiver } from './engine/handover.ts';
import { hintsOf, type Hints } from './engine/hints.ts';
import { completeEvents, type StoreEvents } from './events.ts';
import { overlong } from './id-length.ts';
import { countLeases } from './leases.ts';
import { Outbox, type Claimed } from './outbox/outbox.ts';
import type { DueMessages } from './sql/outbox-sql.ts';
import type { ListenerKey } from './sql/conditions.ts';
import { DeadLetters } from './outbox/dead-letters.ts';
import { Deferral, type Queue } from './outbox/deferral.ts';
import { Sweep, type SweepOptions } from './retention/sweep.ts';
import { Readiness } from './readiness.ts';
import { readSecret } from './secret.ts';
import { answerSearch, type SearchRequest } from './search.ts';
import { TimerBackoff } from './timer-backoff.ts';
import { fireDueTimers, nextTimerAt, type Fired, type TimerContext } from './timers.ts';
import { analyze } from './upkeep/analyze.ts';
import { BulkRedrive } from './upkeep/bulk-redrive.ts';
import { JobBook } from './upkeep/job-book.ts';

export interface StoreOptions {
  dialect: Dialect;
  /** Names this process on what it claims. */
  processId: string;
  retryTimeoutMs: number;
  serverUrl: string;
  /** How cron expressions are read that do not say so; `resonate` when absent. */
  cronDialect?: CronDialect;
  limits: BatcherLimits;
  /** This machine's clock, epoch ms. */
  clock: () => number;
  events?: Partial<StoreEvents>;
}

export interface ExecuteOptions extends Choices {
  prefix?: string;
}

type DebugRequest = Extract<Request, { kind: `debug.${string}` }>;

const PAUSED = 'paused';

/** The one way to the database, whichever it is: requests, timers, the outbox, and what wakes the loops. */
export class Store {
  readonly #dialect: Dialect;
  readonly #engine: Engine;
  readonly #readiness: Readiness;
  readonly #options: StoreOptions;
  readonly #events: StoreEvents;
  readonly #hinted = new Set<(hints: Hints) => void>();
  readonly #commits = new Set<(hints: Hints) => void>();
  readonly #changes = new Set<(changes: Changes) => void>();
  readonly #announced = new Set<() => void>();
  #receiver: Receiver | null = null;
  /** What could not be delivered. */
  readonly deadLetters: DeadLetters;
  /** What operators look at. */
  readonly admin: Admin;
  /** Many of them at once, as a job. */
  readonly bulkRedrive: BulkRedrive;
  /** What is known of maintenance jobs. */
  readonly jobs: JobBook;
  readonly #deferral: Deferral;
  readonly #outbox: Outbox;
  /** How far the store's clock is ahead of this machine's. */
  #aheadMs = 0;
  readonly #timerBackoff = new TimerBackoff();
  #paused = false;

  /** The dialect must be migrated. */
  constructor(options: StoreOptions) {
    this.#options = options;
    this.#dialect = options.dialect;
    const { dialect, processId, retryTimeoutMs } = options;
    this.#events = completeEvents(options.events ?? {});
    const redriven = (transports: Transport[], at: number) =>
      this.#hint({
        timerAt: null,
        deliveries: new Map(transports.map((transport) => [transport, { at, targets: null }])),
      });
    this.deadLetters = new DeadLetters(dialect, redriven);
    this.admin = new Admin(dialect, (transport, at) => redriven([transport], at));
    this.bulkRedrive = new BulkRedrive(dialect, this.deadLetters);
    this.jobs = new JobBook(dialect);
    this.#deferral = new Deferral(dialect, processId);
    this.#outbox = new Outbox(dialect);
    this.#engine = new Engine({
      dialect,
      limits: options.limits,
      retryTimeoutMs,
      clocked: (now) => (this.#aheadMs = now - options.clock()),
      offer: () => new Offer(this.#paused ? null : this.#receiver, { processId, retryTimeoutMs }),
      committed: (changes) => this.#committed(changes),
      events: this.#events,
    });
    this.#readiness = new Readiness(dialect, this.#engine);
  }

  /**
   * Runs a checked request. Never rejects: a failing store is a 503 or a 500.
   * @param debugNow replaces the clock for this request (epoch ms), null for the store's own.
   * @param weight the request's size in bytes.
   * @param options.prefix a search finds only ids that begin with it.
   * @param options.fencePreload `own`: a `task.fence` never preloads more than the promise it created or settled.
   */
  async execute(
    request: Request,
    debugNow: number | null,
    weight: number,
    { prefix = '', ...choices }: ExecuteOptions = {},
  ): Promise<Reply> {
    const { maxIdLength } = this.#dialect;
    const { cronDialect } = this.#options;
    const fault = maxIdLength === undefined ? null : overlong(request, maxIdLength);
    if (fault) return { status: 400, data: `Invalid request: ${fault}` };
    try {
      if (isSearch(request)) return await this.#search(request, debugNow, prefix);
      if (isDebug(request)) return await runDebug(request, debugNow, this.#debugContext());
      return await this.#engine.submit(request, debugNow, weight, { cronDialect, ...choices });
    } catch (error) {
      if (isFault(error)) this.#events.faulted(request.kind, error);
      if (error instanceof StoreUnavailable) this.#events.unavailable(error);
      return errorReply(error);
    }
  }

  #search(request: SearchRequest, debugNow: number | null, prefix: string): Promise<Reply> {
    return this.#events.measured('search', () => answerSearch(this.#dialect, request, debugNow, prefix));
  }

  /** A random secret that all processes of this cluster share. @param name what it is for. */
  secret(name: string): Promise<Buffer> {
    return readSecret(this.#dialect, name);
  }

  /** See `Dialect.failed`. */
  get failed(): AbortSignal | undefined {
    return this.#dialect.failed;
  }

  /** Requests that wait for a batch. */
  get waiting(): number {
    return this.#engine.waiting;
  }

  /** Told what became due, by a commit of this process or, as far as hints arrive, of another. */
  onHints(listener: (hints: Hints) => void): void {
    this.#hinted.add(listener);
  }

  /** Told what each commit of this process made due. */
  onCommit(listener: (hints: Hints) => void): void {
    this.#commits.add(listener);
  }

  /** Told what each commit of this process changes, until the function that comes back is called. */
  onChanges(listener: (changes: Changes) => void): () => void {
    this.#changes.add(listener);
    return () => void this.#changes.delete(listener);
  }

  /** Told whenever another process lets this one know that something is due, until the function that comes back is called. */
  onAnnounced(listener: () => void): () => void {
    this.#announced.add(listener);
    return () => void this.#announced.delete(listener);
  }

  /** Passes on what another process made due. */
  announce(hints: Hints): void {
    this.#tell(hints);
    for (const listener of this.#announced) listener();
  }

  #tell(hints: Hints): void {
    for (const listener of this.#hinted) listener(hints);
  }

  /** The connections of this process, to which a batch hands messages over in its own commit. */
  attachReceiver(receiver: Receiver | null): void {
    this.#receiver = receiver;
  }

  /** True while `debug.start` holds the background loops. */
  async isPaused(): Promise<boolean> {
    this.#paused = (await this.#dialect.readSetting(PAUSED)) === 'true';
    return this.#paused;
  }

  fireDueTimers(limit: number): Promise<Fired> {
    return fireDueTimers(this.#timerContext(), limit);
  }

  nextTimerAt(): Promise<number | null> {
    return nextTimerAt(this.#timerContext());
  }

  claim(due: DueMessages): Promise<Claimed> {
    const { processId, retryTimeoutMs } = this.#options;
    const claim = { ...due, processId, retryTimeoutMs };
    return this.#events.measured('claim', () => this.#outbox.claim(claim, this.clock.now()));
  }

  /** Keeps `unblock`s that this process has claimed for another tasks.retry_timeout. */
  async renewClaims(keys: readonly ListenerKey[]): Promise<void> {
    const { processId, retryTimeoutMs } = this.#options;
    await this.#outbox.renew(keys, processId, (await this.now()) + retryTimeoutMs);
  }

  waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return this.#events.measured('queues', () => this.#dialect.waitingTargets(transport, limit, after));
  }

  /** What of a transport is due and not claimed, counted up to `limit`; `named` targets are told one by one. */
  backlog(transport: Transport, limit: number, named = 0): Promise<Backlog> {
    return this.#events.measured('queues', () => readBacklog(this.#dialect, transport, limit, named));
  }

  /** How many tasks workers hold, counted up to `limit`. */
  leases(limit: number): Promise<number> {
    return countLeases(this.#dialect, limit);
  }

  nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]> {
    return this.#events.measured('queues', () => this.#dialect.nextDue(transport, targets));
  }

  /** When the next message for one of these targets is due; null without any. */
  async nextDeliveryAt(transport: Transport, targets: readonly string[]): Promise<number | null> {
    const next = await this.nextDue(transport, targets);
    return next.length === 0 ? null : next.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity);
  }

  /** What became of messages that this process had claimed. */
  acknowledge(outcomes: readonly DeliveryOutcome[]): Promise<void> {
    const { processId } = this.#options;
    return this.#events.measured('acknowledge', () => this.#outbox.acknowledge(outcomes, processId));
  }

  /** Everything that waits for a target is put off for so long at most. */
  defer(queue: Queue, forMs: number): Promise<number> {
    return this.#deferral.defer(queue, forMs);
  }

  /** What was put off (for at most `withinMs`) is due at once, oldest first; with `one`, only the first of it. */
  resume(queue: Queue, withinMs: number, one = false): Promise<number> {
    return one ? this.#deferral.resumeOne(queue, withinMs) : this.#deferral.resume(queue, withinMs);
  }

  /** Begins to remove what has been settled for long enough. */
  async sweep(options: SweepOptions): Promise<Sweep> {
    return new Sweep(this.#dialect.plain, options, await this.#dialect.now());
  }

  /** Renews the statistics by which the database chooses indexes. @returns how many tables were looked at. */
  analyze(): Promise<number> {
    return analyze(this.#dialect.plain);
  }

  /** Rebuilds indexes that are far too large; null where the database needs none of it. @returns how many. */
  reindex(signal: AbortSignal): Promise<number> | null {
    return this.#dialect.reindex?.(signal) ?? null;
  }

  /**
   * Makes what these processes (`null`: any) claimed or deferred due at once, of one transport if it is named.
   * @returns how many messages.
   */
  releaseClaims(processIds: readonly string[] | null, transport?: Transport): Promise<number> {
    const since = transport && { since: { transport, dueFrom: 0 } };
    return this.#release({ processIds: processIds && new Set(processIds), ...since });
  }

  /** Makes what this process deferred due at once; its claims stay, as what was delivered must not go out again. */
  releaseDeferred(): Promise<number> {
    return this.#release({ processIds: new Set([this.#options.processId]), only: 'deferred' });
  }

  #release(release: Release): Promise<number> {
    return this.#events.measured('release', () => this.#outbox.release(release));
  }

  /** @throws StoreUnavailable. Null while another process holds the role. */
  elect(role: string): Promise<Leadership | null> {
    return this.#events.measured('elect', () => this.#dialect.elect(role, this.#options.processId));
  }

  heartbeat(process: ProcessInfo): Promise<void> {
    return this.#events.measured('heartbeat', () => this.#dialect.heartbeat(process));
  }

  processes(): Promise<ProcessRow[]> {
    return this.#dialect.processes();
  }

  removeProcesses(ids: readonly string[]): Promise<void> {
    return this.#dialect.removeProcesses(ids);
  }

  /** The store's clock, epoch ms. */
  async now(): Promise<number> {
    const now = await this.#dialect.now();
    this.#aheadMs = now - this.#options.clock();
    return now;
  }

  /** The store's clock as this machine knows it since it last asked: what loops that wait for due times go by. */
  readonly clock = { now: (): number => this.#options.clock() + this.#aheadMs };

  /** True when other processes may work on the same database. */
  get isShared(): boolean {
    return this.#dialect.isShared;
  }

  /** Resolves when requests can be served. @throws StoreUnavailable, or the database's error, when they can't. */
  ready(): Promise<void> {
    return this.#readiness.check();
  }

  /** Answers what was submitted, then closes the database. */
  async close(): Promise<void> {
    await this.#engine.drain();
    await this.#dialect.close();
  }

  #submit(command: Command, debugNow: number | null = null): Promise<Reply> {
    return this.#engine.submitOwn(command, debugNow);
  }

  #committed(changes: Changes): void {
    this.#hint(hintsOf(changes));
    for (const listener of this.#changes) listener(changes);
  }

  #hint(hints: Hints): void {
    if (hints.timerAt === null && hints.deliveries.size === 0) return;
    this.#tell(hints);
    for (const listener of this.#commits) listener(hints);
  }

  #timerContext(): TimerContext {
    const { measured, timerFailed } = this.#events;
    return {
      now: () => this.#dialect.now(),
      dueTimers: (now, limit) => measured('timers', () => this.#dialect.dueTimers(now, limit)),
      nextTimerAt: () => measured('timers', () => this.#dialect.nextTimerAt()),
      submit: (command) => this.#submit(command),
      backoff: this.#timerBackoff,
      failed: timerFailed,
    };
  }

  #debugContext() {
    return {
      dialect: this.#dialect,
      retryTimeoutMs: this.#options.retryTimeoutMs,
      serverUrl: this.#options.serverUrl,
      submit: (command: Command, debugNow: number | null) => this.#submit(command, debugNow),
      setPaused: async (paused: boolean) => {
        this.#paused = paused;
        await this.#dialect.writeSetting(PAUSED, String(paused));
      },
    };
  }
}

function isSearch(request: Request): request is SearchRequest {
  return request.kind.endsWith('.search');
}

function isDebug(request: Request): request is DebugRequest {
  return request.kind.startsWith('debug.');
}
