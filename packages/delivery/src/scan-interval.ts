import { wakeupType, type RuntimeWith } from '@resonate/process';

type Context = RuntimeWith<'config', 'clock' | 'isShared'>;

/** After a loop finds a message that no hint announced, it looks every `messages.poll_interval` for this long. */
const FREQUENT_FOR_MS = 60_000;

/**
 * When to look for due messages next: every `scanEveryMs` while hints work, every `messages.poll_interval` while they do
 * not.
 */
export class ScanInterval {
  readonly #runtime: Context;
  #frequentUntil = -Infinity;

  constructor(runtime: Context) {
    this.#runtime = runtime;
  }

  /** Call it when a due message was found that no hint had announced. */
  foundUnannounced(): void {
    this.#frequentUntil = this.#runtime.store.clock.now() + FREQUENT_FOR_MS;
  }

  /** Epoch ms; null if `scanEveryMs` from now is early enough. */
  get nextAt(): number | null {
    const { config, store } = this.#runtime;
    const now = store.clock.now();
    const hintsAreMissing = store.isShared && wakeupType(config) === 'none';
    return hintsAreMissing || now < this.#frequentUntil ? now + config.messages.pollIntervalMs : null;
  }
}
