/**
 * The work of one transaction in small steps, so that the event loop can run between them. SQLite's calls are synchronous:
 * a `task.suspend` that awaits 40,000 promises takes a second, in which this process would do nothing else.
 */
export type Steps<T> = Generator<void, T>;

/** How long steps run in one turn of the event loop. A batch with few rows takes less. */
const TURN_MS = 20;

/** Work that is a single step. */
export function once<T>(work: () => T): Iterator<void, T> {
  return { next: () => ({ done: true, value: work() }) };
}

/** Runs all steps at once. */
export function finish<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Runs steps for one turn of the event loop. @returns what they return, once all have run; else `done` is not true. */
export function runForOneTurn<T>(steps: Iterator<void, T>): IteratorResult<void, T> {
  const end = performance.now() + TURN_MS;
  for (;;) {
    const step = steps.next();
    if (step.done || performance.now() >= end) return step;
  }
}
