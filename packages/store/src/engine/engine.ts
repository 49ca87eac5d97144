import { collectNeeds, MoreNeeded, Needs, perform, READS, WorkingSet, type Command } from '@resonate/machine';
import type { Reply } from '@resonate/protocol';
import { StoreUnavailable, type Dialect } from '../dialect.ts';
import { Batcher, QueueFull, type BatcherLimits, type Entry } from './batcher.ts';
import { runBatch, type BatchContext, type Submitted } from './run-batch.ts';

export interface EngineOptions extends Omit<BatchContext, 'dialect'> {
  dialect: Dialect;
  limits: BatcherLimits;
  /** Called when a batch is answered. */
  batchDone(batch: Batch): void;
}

/** A batch that was answered. */
export interface Batch {
  sort: 'write' | 'read';
  size: number;
  commands(): Command[];
  /** How long the one that waited longest did so before the batch began. */
  waitedMs: number;
  ms: number;
}

/**
 * Runs commands against the database: those that may change something in locked batches, those that only read beside
 * them. Answers always; rejects never.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #writes: Batcher<Submitted, Reply>;
  readonly #reads: Batcher<Submitted, Reply>;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#writes = new Batcher(options.limits, (entries) =>
      this.#timed('write', entries, () => runBatch(entries, options)),
    );
    this.#reads = new Batcher(options.limits, (entries) => this.#timed('read', entries, () => this.#read(entries)));
  }

  get waiting(): number {
    return this.#writes.waiting + this.#reads.waiting;
  }

  /** @param weight the request's size in bytes, which bounds the queue and a batch. */
  submit(command: Command, debugNow: number | null, weight: number): Promise<Reply> {
    const batcher = command.kind in READS ? this.#reads : this.#writes;
    return this.#answered(command, batcher.submit({ command, debugNow }, weight));
  }

  /** A command of the server's own: a full queue does not refuse it, for timers must fire under load as well. */
  submitOwn(command: Command, debugNow: number | null): Promise<Reply> {
    return this.#answered(command, this.#writes.submitAlways({ command, debugNow }, 0));
  }

  async #answered(command: Command, reply: Promise<Reply>): Promise<Reply> {
    try {
      return await reply;
    } catch (error) {
      if (error instanceof QueueFull) return { status: 503, data: `Server is overloaded: ${error.message}` };
      this.#options.faulted(command, error);
      return { status: 500, data: 'Internal error' };
    }
  }

  /** Resolves when everything submitted is answered. */
  async drain(): Promise<void> {
    // Reads first, as some become writes.
    await this.#reads.drain();
    await this.#writes.drain();
  }

  async #timed(sort: Batch['sort'], entries: Entry<Submitted, Reply>[], run: () => Promise<void>): Promise<void> {
    const start = performance.now();
    try {
      await run();
    } finally {
      this.#options.batchDone({
        sort,
        size: entries.length,
        commands: () => entries.map(({ item }) => item.command),
        waitedMs: start - (entries[0]?.since ?? start),
        ms: performance.now() - start,
      });
    }
  }

  async #read(entries: Entry<Submitted, Reply>[]): Promise<void> {
    const needs = new Needs();
    for (const { item } of entries) collectNeeds(item.command, needs);
    try {
      const { loaded, now } = await this.#options.dialect.load(needs);
      const ws = new WorkingSet(needs, loaded);
      for (const entry of entries) this.#answerRead(entry, ws, now);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      for (const entry of entries) entry.resolve({ status: 503, data: `Storage is unavailable: ${error.message}` });
    }
  }

  #answerRead(entry: Entry<Submitted, Reply>, ws: WorkingSet, now: number): void {
    const { command, debugNow } = entry.item;
    try {
      const context = { now: debugNow ?? now, retryTimeoutMs: this.#options.retryTimeoutMs };
      entry.resolve(perform(ws, command, context));
    } catch (error) {
      // Reading an expired promise settles it (protocol section 4): that is a write.
      if (error instanceof MoreNeeded) this.#writes.submitAlways(entry.item, 0).then(entry.resolve, entry.reject);
      else entry.reject(error);
    }
  }
}
