import { backoffMs } from './backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Logger } from '@resonate/observability';
import type { Service } from './service.ts';

/**
 * One round of work.
 * @returns when more will be due, in epoch milliseconds (the past: go on at once), or null when nothing is known.
 */
export type Step = () => Promise<number | null>;

export interface LoopOptions {
  name: string;
  step: Step;
  /** The longest sleep: hints may get lost, so the truth is looked at this often anyhow. */
  pollIntervalMs: number;
  logger: Logger;
  clock?: Clock;
}

const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5000;
/** setTimeout takes no more; a longer delay would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * The background loop of every role: runs `step`, sleeps until something is due, a hint arrives or the poll interval is over.
 * Steps never overlap. A step that fails is logged and tried again later.
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
  /** When the next step is due; Infinity: no hint yet. */
  #dueAt = Infinity;
  /** After a failure, hints don't shorten the wait: they come most often just when everything is failing. */
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

  /** The first step runs at once; its outcome is not waited for. */
  start(): Promise<void> {
    this.#started = true;
    this.#dueAt = -Infinity;
    this.#sleep();
    return Promise.resolve();
  }

  /** Resolves when the running step, if any, has ended. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#cancelSleep();
    await this.#running;
  }

  /** Starts no further step. Resolves when the running one, if any, has ended. */
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

  /** Something changed: the next step starts at once, or right after the running one. */
  wake(): void {
    this.wakeAt(-Infinity);
  }

  /** Something will be due at `at`, in epoch milliseconds. */
  wakeAt(at: number): void {
    if (at >= this.#dueAt) return;
    this.#dueAt = at;
    this.#sleep();
  }

  #sleep(): void {
    // Whoever ends one of these states comes here again, and #dueAt remembers the hint.
    if (!this.#started || this.#paused || this.#running) return;
    this.#cancelSleep();
    const delay = Math.ceil(Math.max(this.#dueAt, this.#notBefore) - this.#clock.now());
    if (delay <= 0) {
      // Not in the caller's own turn: whoever wakes us finishes first, and many hints of one turn make one step.
      const immediate = setImmediate(() => this.#run());
      this.#cancelSleep = () => clearImmediate(immediate);
    } else {
      // Bounded, because a clock that was set back makes everything look far away.
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
    // Hints from here on may come too late for this step, so they count for the next one.
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

  /** @returns when to try again. */
  #backOff(error: unknown): number {
    this.#failures++;
    const delayMs = backoffMs(this.#failures, { minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS });
    this.#notBefore = this.#clock.now() + delayMs;
    this.#logger.error('background step failed', { error, failures: this.#failures, retryInMs: delayMs });
    return this.#notBefore;
  }
}
