import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { silentLogger, type Logger } from '@resonate/observability';
import { Loop, type LoopOptions, type Step } from './loop.ts';

const START = 1_000_000;
const POLL_MS = 1000;
let loop: Loop;

beforeEach(() => {
  jest.useFakeTimers({ now: START });
});
afterEach(async () => {
  await loop.stop();
  jest.useRealTimers();
});

/** A loop that records when each step began, in ms since the start. */
function watch(step: Step = () => Promise.resolve(null), options: Partial<LoopOptions> = {}) {
  const ran: number[] = [];
  loop = new Loop({
    name: 'test',
    pollIntervalMs: POLL_MS,
    logger: silentLogger,
    ...options,
    step: () => {
      ran.push(Date.now() - START);
      return step();
    },
  });
  return ran;
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

/** A step that ends when the test ends it. */
function held() {
  const gates: ((due: number | null) => void)[] = [];
  const step: Step = () => new Promise((resolve) => gates.push(resolve));
  return { step, end: (due: number | null = null) => gates.shift()?.(due) };
}

describe('a loop', () => {
  test('runs its first step at once and then at the poll interval', async () => {
    const ran = watch();
    await loop.start();
    await pass(2500);
    expect(ran).toEqual([0, 1000, 2000]);
  });

  test('sleeps to the next due time when that comes sooner', async () => {
    const due = [START + 300, START + 300.4, START + 9000];
    const ran = watch(() => Promise.resolve(due.shift() ?? null));
    await loop.start();
    await pass(1500);
    expect(ran).toEqual([0, 300, 301, 1301]);
  });

  test('continues at once while more is due, and lets other work run between two steps', async () => {
    let others = 0;
    const ran = watch(() => {
      setImmediate(() => others++);
      return Promise.resolve(ran.length < 5 ? START : null);
    });
    await loop.start();
    await pass(10);
    expect(ran).toHaveLength(5);
    expect(others).toBe(5);
  });

  test('never overlaps its steps', async () => {
    const { step, end } = held();
    const ran = watch(step);
    await loop.start();
    await pass(0);
    loop.wake();
    await pass(5000);
    expect(ran).toEqual([0]);
    end();
    await pass(0);
    expect(ran).toEqual([0, 5000]);
    end();
  });

  test('accepts a poll interval that is longer than timers support', async () => {
    const ran = watch(undefined, { pollIntervalMs: 2 ** 40 });
    await loop.start();
    await pass(60_000);
    expect(ran).toEqual([0]);
  });

  test('does not sleep too long when the clock is set back', async () => {
    const ran = watch();
    await loop.start();
    await pass(10);
    jest.setSystemTime(START - 86_400_000);
    loop.wakeAt(START);
    await pass(6000);
    expect(ran.length).toBeGreaterThan(1);
  });
});

describe('a hint', () => {
  test('starts the next step at once; many hints start one step', async () => {
    const ran = watch();
    await loop.start();
    await pass(10);
    for (let n = 0; n < 100; n++) loop.wake();
    expect(ran).toEqual([0]);
    await pass(0);
    expect(ran).toEqual([0, 10]);
    await pass(1000);
    expect(ran).toEqual([0, 10, 1010]);
  });

  test('that arrives during a step is not lost, even if the step returns no next time', async () => {
    const { step, end } = held();
    const ran = watch(step);
    await loop.start();
    await pass(0);
    loop.wakeAt(START + 40);
    loop.wakeAt(START + 60);
    await pass(20);
    end(START + 500);
    await pass(100);
    expect(ran).toEqual([0, 40]);
    end();
  });

  test('for a later time wakes the loop at that time, and never delays a step', async () => {
    const ran = watch();
    await loop.start();
    await pass(0);
    loop.wakeAt(START + 5000);
    loop.wakeAt(START + 250);
    loop.wakeAt(START + 400);
    await pass(1249);
    expect(ran).toEqual([0, 250]);
    await pass(1);
    expect(ran).toEqual([0, 250, 1250]);
  });

  test('before the start is harmless', async () => {
    const ran = watch();
    loop.wake();
    await pass(5000);
    expect(ran).toEqual([]);
    await loop.start();
    await pass(0);
    expect(ran).toEqual([5000]);
  });
});

describe('a step that fails', () => {
  test('is logged and retried with growing, limited waits that hints do not shorten', async () => {
    const errors: unknown[] = [];
    const logger: Logger = { ...silentLogger, child: () => logger, error: (_, fields) => errors.push(fields) };
    const ran = watch(() => Promise.reject(new Error('store is away')), { logger, pollIntervalMs: 10 });
    await loop.start();
    for (let ms = 0; ms < 60_000; ms += 10) {
      loop.wake();
      await pass(10);
    }
    const waits = ran.slice(1).map((at, index) => at - (ran[index] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(50);
    expect(waits[0]).toBeLessThanOrEqual(110);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5010);
    expect(Math.min(...waits.slice(6))).toBeGreaterThanOrEqual(2500);
    expect(errors).toHaveLength(ran.length);
    expect(errors[0]).toMatchObject({ error: { message: 'store is away' }, failures: 1 });
  });

  test('is retried soon, even if the poll interval is long', async () => {
    const outcomes = [() => Promise.reject(new Error('once'))];
    const ran = watch(() => outcomes.shift()?.() ?? Promise.resolve(null), { pollIntervalMs: 3_600_000 });
    await loop.start();
    await pass(200);
    expect(ran).toHaveLength(2);
    loop.wake();
    await pass(0);
    expect(ran).toHaveLength(3);
  });

  test('may also throw instead of rejecting', async () => {
    const ran = watch(() => {
      throw new Error('at once');
    });
    await loop.start();
    await pass(1000);
    expect(ran.length).toBeGreaterThan(1);
  });
});

describe('stopping and pausing', () => {
  test.each(['stop', 'pause'] as const)('%s waits for the running step and starts no other', async (how) => {
    const { step, end } = held();
    const ran = watch(step);
    await loop.start();
    await pass(0);
    let done = false;
    const ended = loop[how]().then(() => (done = true));
    loop.wake();
    await pass(5000);
    expect(done).toBe(false);
    end(START);
    await ended;
    await pass(5000);
    expect(ran).toEqual([0]);
  });

  test('a paused loop ignores hints and continues at once when it is resumed', async () => {
    const ran = watch();
    await loop.start();
    await pass(0);
    await loop.pause();
    loop.wake();
    await pass(5000);
    expect(ran).toEqual([0]);
    loop.resume();
    await pass(1500);
    expect(ran).toEqual([0, 5000, 6000]);
  });

  test('stopping twice or without a start is harmless, and a stopped loop may start again', async () => {
    const ran = watch();
    await loop.stop();
    await loop.start();
    await loop.stop();
    await loop.stop();
    await pass(5000);
    expect(ran).toEqual([]);
    await loop.start();
    await pass(0);
    expect(ran).toEqual([5000]);
  });
});
