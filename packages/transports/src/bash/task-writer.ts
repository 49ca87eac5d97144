import { setTimeout as pause } from 'node:timers/promises';
import type { TaskRecord } from '@resonate/protocol';
import type { Logger } from '@resonate/observability';
import { backoffMs } from '@resonate/lifecycle';
import type { Execute } from './leases.ts';
import type { Verdict } from './verdict.ts';

const BACKOFF = { minMs: 50, maxMs: 2_000 };
/**
 * How often a shutdown tries to release a task. A task that is not released is dispatched again when its lease expires.
 */
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
   * @param signal aborted when another worker may have the task. The result is then dropped.
   */
  async settle(task: TaskRecord, verdict: Verdict, signal: AbortSignal): Promise<void> {
    let wanted = verdict;
    for (let attempts = 1; ; attempts++) {
      const { status, data } = await this.#fulfill(task, wanted);
      // 404, 409: somebody else settled the promise, or an earlier attempt did and its reply was lost.
      if (status === 200 || status === 404 || status === 409) return;
      if (status === 400) {
        if (wanted !== verdict) {
          this.#logger.error(wanted.data, { task: task.id });
          return;
        }
        // The store would refuse the result each time, so the script must not run again.
        wanted = { state: 'rejected', data: `the result of the script cannot be stored: ${String(data)}` };
        continue;
      }
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
    this.#logger.warn('the task of a stopped script was not released: it is dispatched again when its lease expires', {
      task: id,
    });
  }

  #fulfill({ id, version }: TaskRecord, { state, data }: Verdict) {
    const settle = { kind: 'promise.settle' as const, data: { id, state, value: { data } } };
    return this.#execute({ kind: 'task.fulfill', data: { id, version, action: settle } });
  }
}
