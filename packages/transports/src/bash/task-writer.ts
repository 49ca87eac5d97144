import { setTimeout as pause } from 'node:timers/promises';
import type { TaskRecord } from '@resonate/protocol';
import type { Logger } from '@resonate/observability';
import { backoffMs } from '@resonate/lifecycle';
import type { Execute } from './leases.ts';
import type { Verdict } from './verdict.ts';

const BACKOFF = { minMs: 50, maxMs: 2_000 };
/** A store that is away at a shutdown is not waited for: the task comes again when its lease is over. */
const RELEASE_ATTEMPTS = 5;

/** Tells the store what became of an acquired task. */
export class TaskWriter {
  readonly #execute: Execute;
  readonly #logger: Logger;

  constructor(execute: Execute, logger: Logger) {
    this.#execute = execute;
    this.#logger = logger;
  }

  /**
   * Settles the task's promise, and tries again as long as the store is away.
   * @param signal aborted: the task is no longer ours, and the verdict worth nothing.
   */
  async settle(task: TaskRecord, verdict: Verdict, signal: AbortSignal): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      const { status, data } = await this.#fulfill(task, verdict);
      // 404, 409: settled otherwise, or by an attempt whose answer was lost.
      if (status === 200 || status === 404 || status === 409) return;
      if (status === 400) return this.#settleUnstorable(task, String(data));
      await pause(backoffMs(attempts, BACKOFF), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** Gives the task back: it is sent out again at once. */
  async release({ id, version }: TaskRecord): Promise<void> {
    for (let attempts = 1; attempts <= RELEASE_ATTEMPTS; attempts++) {
      const { status } = await this.#execute({ kind: 'task.release', data: { id, version } });
      if (status === 200 || status === 404 || status === 409) return;
      await pause(backoffMs(attempts, BACKOFF));
    }
    this.#logger.warn('the task of a stopped script was not given back: it waits for the end of its lease', {
      task: id,
    });
  }

  /** It would be refused each time, so running the script again would be of no use. */
  async #settleUnstorable(task: TaskRecord, refusal: string): Promise<void> {
    const data = `the result of the script can't be stored: ${refusal}`;
    const { status } = await this.#fulfill(task, { state: 'rejected', data });
    if (status !== 200) this.#logger.error(data, { task: task.id });
  }

  #fulfill({ id, version }: TaskRecord, { state, data }: Verdict) {
    const settle = { kind: 'promise.settle' as const, data: { id, state, value: { data } } };
    return this.#execute({ kind: 'task.fulfill', data: { id, version, action: settle } });
  }
}
