import type { Needs } from '@resonate/machine';
import { checkRequest, isKind, type Reply, type StringMap } from '@resonate/protocol';
import type { BatcherLimits } from './engine/batcher.ts';
import { SqliteDialect } from './dialects/sqlite/dialect.ts';
import { Store } from './store.ts';

export const RETRY_TIMEOUT_MS = 30_000;

/** A store in memory whose clock a test sets, for tests of the code above the dialects. */
export class SqliteStore {
  readonly dialect: SqliteDialect;
  readonly store: Store;
  /** The requests that failed with a 500: their kinds, and the errors' messages. */
  readonly faults: { kind: string; message: string }[] = [];
  /** Why the database was unavailable, once for each batch. */
  readonly unavailable: string[] = [];
  /** Why batches were split or refused. */
  readonly gaveUp: string[] = [];
  /** Sizes of the batches, in the order in which they were answered. */
  readonly batches: number[] = [];
  now = 1_000_000;

  private constructor(limits: Partial<BatcherLimits>) {
    this.dialect = new SqliteDialect(':memory:', () => this.now);
    this.store = new Store({
      dialect: this.dialect,
      processId: 'me',
      retryTimeoutMs: RETRY_TIMEOUT_MS,
      serverUrl: () => 'http://localhost:8001',
      clock: () => this.now,
      limits: {
        maxItems: 256,
        maxWeight: 1 << 20,
        maxInFlight: 1,
        maxWaiting: 10_000,
        maxWaitingWeight: 1 << 30,
        ...limits,
      },
      events: {
        requestFailed: (kind, error) => this.faults.push({ kind, message: (error as Error).message }),
        unavailable: ({ message }) => this.unavailable.push(message),
        gaveUp: (reason) => this.gaveUp.push(reason),
        batchDone: ({ sort, size }) => sort === 'write' && this.batches.push(size),
      },
    });
  }

  static async open(limits: Partial<BatcherLimits> = {}): Promise<SqliteStore> {
    const opened = new SqliteStore(limits);
    await opened.dialect.migrate();
    return opened;
  }

  send(kind: string, data: unknown, weight = 0): Promise<Reply> {
    if (!isKind(kind)) throw new Error(`unknown kind ${kind}`);
    const checked = checkRequest(kind, data);
    if (!checked.ok) throw new Error(checked.message);
    return this.store.execute(checked.request, null, weight);
  }

  create(id: string, { timeoutAt = this.now + 1_000_000, tags = {} }: { timeoutAt?: number; tags?: StringMap } = {}) {
    return this.send('promise.create', { id, timeoutAt, tags });
  }

  /** Creates a promise with a task for `poll://any@g`, unless the tags name another target. */
  createTask(id: string, options: { timeoutAt?: number; tags?: StringMap } = {}): Promise<Reply> {
    return this.create(id, { ...options, tags: { 'resonate:target': 'poll://any@g', ...options.tags } });
  }

  async state(id: string): Promise<string> {
    const { promises } = await this.dialect.dump();
    return promises.find((promise) => promise.id === id)?.state ?? 'absent';
  }

  /** From now on, transactions for which `when` returns true fail right before their commit. */
  breakTransactions(when: (needs: Needs) => boolean, makeError: () => Error): void {
    const { dialect } = this;
    const transact = dialect.transact.bind(dialect);
    dialect.transact = (needs, decide) =>
      transact(needs, (loaded, now) => {
        const decision = decide(loaded, now);
        if (when(needs)) throw makeError();
        return decision;
      });
  }
}
