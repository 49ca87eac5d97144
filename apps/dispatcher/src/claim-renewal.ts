import { Loop, type Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';
import type { Delivery, ListenerKey } from '@resonate/store';

type Context = RuntimeWith<'config' | 'logger', 'clock' | 'outbox'>;

/** How often a claim is renewed within its duration. */
const RENEWALS_PER_CLAIM = 3;

/**
 * Renews the claims of `unblock`s while their push is running. A push may take longer than tasks.retry_timeout, and
 * without renewal another dispatcher would push the message, too. The transport's timeout limits the time. Claims of
 * `execute`s are not renewed, so that another worker gets the task if the receiver hangs.
 */
export class ClaimRenewal implements Service {
  readonly name: string;
  /** When each push began, from `performance.now()`, because clocks may be set back. */
  readonly #held = new Map<ListenerKey, number>();
  readonly #loop: Loop;

  constructor(runtime: Context, transport: string) {
    const { config, logger, store } = runtime;
    this.name = `${transport} claims`;
    const everyMs = Math.max(1, Math.floor(config.tasks.retryTimeoutMs / RENEWALS_PER_CLAIM));
    const step = async () => {
      const long = [...this.#held].filter(([, since]) => performance.now() - since >= everyMs / 2);
      if (long.length > 0) await store.outbox.renew(long.map(([key]) => key));
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

  /** Renews the claim until the push ends. @returns what the push returns. */
  during<T>(delivery: Delivery, push: Promise<T>): Promise<T> {
    if (delivery.kind === 'execute') return push;
    this.#held.set(delivery.listener, performance.now());
    return push.finally(() => this.#held.delete(delivery.listener));
  }
}
