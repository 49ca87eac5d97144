import { backoffMs } from './backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Logger } from '@resonate/observability';
import type { Service } from './service.ts';

/**
 * One round of work.
 * @returns when more work is due, epoch ms. A time in the past means at once, and null means that it is not known.
 */
export type Step = () => Promise<number | null>;

export interface LoopOptions {
  name: string;
  step: Step;
  /** The longest sleep. Hints may be lost, so the loop checks at least this often. */
  pollIntervalMs: number;
  logger: Logger;
  clock?: Clock;
}

const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5000;
/** The largest delay that setTimeout supports. With a larger one it would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * The background loop that every role uses. It runs `step`, then sleeps until something is due, a hint arrives or the
 * poll interval has passed. Steps never overlap. A step that fails is logged and tried again later.
 */
export class Loop implements Service {
  readonly name: string;
  readonly #step: Step;
  readonly #pollIntervalMs: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #started = false;
  #paused = false;
  #running: Promise<void> | null = null;
  /** When the next step is due, epoch ms; Infinity if no time is known. */
  #dueAt = Infinity;
  /**
   * After a failure, hints do not shorten the wait until this time. Otherwise the many hints of a busy server would
   * cause a retry without a pause.
   */
  #notBefore = -Infinity;
  #failures = 0;
  #cancelSleep: () => void = () => {};

  constructor({ name, step, pollIntervalMs, logger, clock = systemClock }: LoopOptions) {
    this.name = name;
    this.#step = step;
    this.#pollIntervalMs = pollIntervalMs;
    this.#logger = logger.child({ loop: name });
    this.#clock = clock;
  }

  /** Starts the first step without waiting for its result. */
  start(): Promise<void> {
    this.#started = true;
    this.#dueAt = -Infinity;
    this.#sleep();
    return Promise.resolve();
  }

  /** Starts no more steps until `start`. Resolves when the running step, if any, has ended. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#cancelSleep();
    await this.#running;
  }

  /** Starts no more steps until `resume`. Resolves when the running step, if any, has ended. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#cancelSleep();
    await this.#running;
  }

  resume(): void {
    this.#paused = false;
    this.#dueAt = -Infinity;
    this.#sleep();
  }

  /** Starts the next step at once, or right after the running one. */
  wake(): void {
    this.wakeAt(-Infinity);
  }

  /** Starts the next step at `at`, epoch ms, unless it starts earlier. */
  wakeAt(at: number): void {
    if (at >= this.#dueAt) return;
    this.#dueAt = at;
    this.#sleep();
  }

  #sleep(): void {
    // Each of these states ends with another call of #sleep, and #dueAt keeps the due time until then.
    if (!this.#started || this.#paused || this.#running) return;
    this.#cancelSleep();
    const delay = Math.ceil(Math.max(this.#dueAt, this.#notBefore) - this.#clock.now());
    if (delay <= 0) {
      // Run the step in a later turn of the event loop. So the caller finishes first, and many hints of one turn cause
      // one step.
      const immediate = setImmediate(() => this.#run());
      this.#cancelSleep = () => clearImmediate(immediate);
    } else {
      // The sleep is limited, because after the clock was set back every due time looks far away.
      const longest = Math.min(Math.max(this.#pollIntervalMs, BACKOFF_MAX_MS), MAX_DELAY_MS);
      const timer = setTimeout(() => this.#run(), Math.min(delay, longest));
      this.#cancelSleep = () => clearTimeout(timer);
    }
  }

  #run(): void {
    this.#running = this.#runStep().then(() => {
      this.#running = null;
      this.#sleep();
    });
  }

  async #runStep(): Promise<void> {
    // Hints that arrive from now on cause another step, because this one may miss their work.
    this.#dueAt = Infinity;
    let next: number | null = null;
    try {
      next = await this.#step();
      this.#failures = 0;
      this.#notBefore = -Infinity;
    } catch (error) {
      next = this.#backOff(error);
    }
    this.#dueAt = Math.min(this.#dueAt, next ?? Infinity, this.#clock.now() + this.#pollIntervalMs);
  }

  /** @returns when to try again, epoch ms. */
  #backOff(error: unknown): number {
    this.#failures++;
    const delayMs = backoffMs(this.#failures, { minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS });
    this.#notBefore = this.#clock.now() + delayMs;
    this.#logger.error('a step of a background loop failed and will be retried', {
      error,
      failures: this.#failures,
      retryInMs: delayMs,
    });
    return this.#notBefore;
  }
}
