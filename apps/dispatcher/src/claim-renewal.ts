import { Loop, type Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import type { ListenerKey } from '@resonate/store';

/** Three chances before a claim is over. */
const PER_CLAIM = 3;

/**
 * Keeps the claims of `unblock`s whose push takes longer than tasks.retry_timeout: another dispatcher would push them too.
 * Bounded by the transport's own time-out. An `execute` is not kept: whoever hangs on one may lose it to another worker.
 */
export class ClaimRenewal implements Service {
  readonly name: string;
  readonly #held = new Map<ListenerKey, number>();
  readonly #loop: Loop;

  constructor({ config, logger, store }: Runtime, transport: string) {
    this.name = `${transport} claims`;
    const everyMs = Math.max(1, Math.floor(config.tasks.retryTimeoutMs / PER_CLAIM));
    const step = async () => {
      const long = [...this.#held].filter(([, since]) => store.clock.now() - since >= everyMs / 2);
      if (long.length > 0) await store.renewClaims(long.map(([key]) => key));
      return null;
    };
    this.#loop = new Loop({ name: this.name, pollIntervalMs: everyMs, logger, clock: store.clock, step });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** @returns what `work` does, with the claim kept until then. */
  during<T>(key: ListenerKey, since: number, work: Promise<T>): Promise<T> {
    this.#held.set(key, since);
    return work.finally(() => this.#held.delete(key));
  }
}
