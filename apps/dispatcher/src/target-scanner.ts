import { Loop, type Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import type { WaitingTarget } from '@resonate/store';
import type { PushTransport } from '@resonate/transports';

/** Targets in one read: SQLite's are read in this process's own thread, 0.01 ms each. */
const PAGE = 200;
/** Walking takes a tenth of the time at most, however many targets there are. */
const REST_PER_WALK = 9;

/**
 * Walks through all targets that messages wait for, again and again: what nobody told of is found here. Hints may get
 * lost, and some events have none.
 */
export class TargetScanner implements Service {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #transport: PushTransport['name'];
  readonly #found: (target: WaitingTarget) => void;
  readonly #loop: Loop;
  /** The last target that was looked at; empty: a walk begins. */
  #after = '';
  #walkedMs = 0;
  #restUntil = -Infinity;

  /** @param found told each target with the time of its first message. */
  constructor(runtime: Runtime, transport: PushTransport['name'], found: (target: WaitingTarget) => void) {
    const { config, logger, store } = runtime;
    this.name = `${transport} scanner`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#found = found;
    const { pollIntervalMs } = config.messages;
    this.#loop = new Loop({ name: this.name, pollIntervalMs, logger, clock: store.clock, step: () => this.#look() });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Something is due at `at`, for whom is not known. */
  wakeAt(at: number): void {
    this.#loop.wakeAt(at);
  }

  async #look(): Promise<number | null> {
    const { store } = this.#runtime;
    if (this.#after === '' && store.clock.now() < this.#restUntil) return this.#restUntil;
    const start = performance.now();
    const page = await store.waitingTargets(this.#transport, PAGE, this.#after);
    page.forEach(this.#found);
    this.#walkedMs += performance.now() - start;
    this.#after = page.length === PAGE ? (page.at(-1)?.target ?? '') : '';
    if (this.#after !== '') return 0;
    this.#restUntil = store.clock.now() + this.#walkedMs * REST_PER_WALK;
    this.#walkedMs = 0;
    return null;
  }
}
