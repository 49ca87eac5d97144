import type { Leadership } from '../../dialect.ts';

export interface TermOptions {
  /** Whether the role is still held. False ends the term. If it fails, it is asked again. */
  renew(): Promise<boolean>;
  everyMs: number;
  /** The term ends if no renewal that began within this time has succeeded, because the database may be unreachable. */
  validMs: number;
  /** Frees the role. Called once, however the term ends. May fail. */
  giveUp(): Promise<void>;
}

/** A leadership that lasts as long as it is renewed. All kinds of election use it. */
export class Term implements Leadership {
  readonly #options: TermOptions;
  readonly #controller = new AbortController();
  #renewal: NodeJS.Timeout;
  #expiry: NodeJS.Timeout;
  #givenUp: Promise<void> | null = null;

  /** @param since when the request that won the role was sent, by `performance.now()`. */
  constructor(options: TermOptions, since: number) {
    this.#options = options;
    this.#renewal = setTimeout(() => void this.#renew(), options.everyMs);
    this.#expiry = this.#expireAfter(since);
  }

  get ended(): AbortSignal {
    return this.#controller.signal;
  }

  async release(): Promise<void> {
    this.end();
    await this.#givenUp;
  }

  /** Ends the term at once, when the role is known to be lost. */
  end(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#controller.abort();
    this.#givenUp ??= this.#options.giveUp().catch(() => {});
  }

  async #renew(): Promise<void> {
    const since = performance.now();
    const held = await this.#options.renew().catch(() => null);
    if (this.ended.aborted) return;
    if (held === false) {
      this.end();
      return;
    }
    if (held) {
      clearTimeout(this.#expiry);
      this.#expiry = this.#expireAfter(since);
    }
    this.#renewal = setTimeout(() => void this.#renew(), this.#options.everyMs);
  }

  #expireAfter(since: number): NodeJS.Timeout {
    return setTimeout(() => this.end(), Math.max(0, since + this.#options.validMs - performance.now()));
  }
}
