import { setTimeout as pause } from 'node:timers/promises';
import type { TaskRecord } from '@resonate/protocol';
import type { Logger } from '@resonate/observability';
import { backoffMs } from '@resonate/lifecycle';
import type { Execute } from './leases.ts';
import type { Verdict } from './verdict.ts';

const BACKOFF = { minMs: 50, maxMs: 2_000 };
/** How long a shutdown waits for the store. Tasks that were not released are dispatched again when their leases end. */
const RELEASE_ATTEMPTS = 5;

/** Writes the result of an acquired task to the store. */
export class TaskWriter {
  readonly #execute: Execute;
  readonly #logger: Logger;

  constructor(execute: Execute, logger: Logger) {
    this.#execute = execute;
    this.#logger = logger;
  }

  /**
   * Settles the task's promise. Tries again while the store is unreachable.
   * @param signal aborted when the task is lost, and with it the result.
   */
  async settle(task: TaskRecord, verdict: Verdict, signal: AbortSignal): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      const { status, data } = await this.#fulfill(task, verdict);
      // 404, 409: the promise settled otherwise, or by an attempt whose reply was lost.
      if (status === 200 || status === 404 || status === 409) return;
      if (status === 400) return this.#settleUnstorable(task, String(data));
      await pause(backoffMs(attempts, BACKOFF), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** Releases the task, so that it is dispatched again at once. */
  async release({ id, version }: TaskRecord): Promise<void> {
    for (let attempts = 1; attempts <= RELEASE_ATTEMPTS; attempts++) {
      const { status } = await this.#execute({ kind: 'task.release', data: { id, version } });
      if (status === 200 || status === 404 || status === 409) return;
      await pause(backoffMs(attempts, BACKOFF));
    }
    this.#logger.warn('the task of a stopped script was not released: it waits until its lease ends', {
      task: id,
    });
  }

  /** Any attempt would be refused like this one, so running the script again would not help. */
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
