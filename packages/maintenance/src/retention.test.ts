import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import type { SweepOptions } from '@resonate/store';
import { pauseAfter, timeShareOf } from './pace.ts';
import { retentionDuty } from './retention.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FAR_FUTURE = 4_102_444_800_000;
const NO_DEBUG = [null, 0] as const;
const PROMISES = 400;

let runtime: Runtime;
let now: number;

async function open(flags: Record<string, string> = {}): Promise<void> {
  now = Date.now();
  const usual = { 'retention-after': '1h', 'retention-interval': '1m', 'retention-batch-size': '10' };
  runtime = await runtimeForTests({ flags: { ...usual, ...flags }, now: () => now });
}

beforeEach(() => open());
afterEach(() => runtime.store.close());

async function settle(prefix: string, count: number): Promise<void> {
  const { store } = runtime;
  const ids = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (const id of ids) {
    const data = { id, timeoutAt: FAR_FUTURE, param: {}, tags: {} };
    void store.execute({ kind: 'promise.create', data }, ...NO_DEBUG);
  }
  await Promise.all(
    ids.map((id) => store.execute({ kind: 'promise.settle', data: { id, state: 'resolved', value: {} } }, ...NO_DEBUG)),
  );
}

async function metric(name: string): Promise<number> {
  const found = await runtime.metrics.registry.getSingleMetric(name)?.get();
  return found?.values[0]?.value ?? NaN;
}
const lag = () => metric('resonate_retention_lag_seconds');

/** Runs retention once. @returns total ms, and ms of its steps in the database. */
async function run(): Promise<{ tookMs: number; busyMs: number; done: Record<string, number>; lags: number[] }> {
  let busyMs = 0;
  const lags: number[] = [];
  const { upkeep } = runtime.store;
  const original = upkeep.sweep.bind(upkeep);
  upkeep.sweep = async (options: SweepOptions) => {
    const sweep = await original(options);
    const step = sweep.step.bind(sweep);
    sweep.step = async () => {
      lags.push(await lag());
      const startedAt = performance.now();
      try {
        return await step();
      } finally {
        busyMs += performance.now() - startedAt;
      }
    };
    return sweep;
  };
  const startedAt = performance.now();
  const done = await retentionDuty(runtime)
    .run(new AbortController().signal)
    .finally(() => (upkeep.sweep = original));
  return { tookMs: performance.now() - startedAt, busyMs, done, lags };
}

/** How long a run paused, in durations of its steps. A step counts as 5 ms or more. */
function pausesPerStep({ tookMs, busyMs, lags }: Awaited<ReturnType<typeof run>>): number {
  return (tookMs - busyMs) / Math.max(busyMs, 5 * lags.length);
}

/** The tests compare durations, and another process may use both cores for a moment. So they may fail twice. */
jest.retryTimes(2);

describe('retention', () => {
  test('deletes faster while it lags, and its lag falls to 0', async () => {
    await settle('a', PROMISES);
    now += HOUR + 1_000;
    const calm = await run();
    await settle('b', PROMISES);
    now += 24 * HOUR;
    const behind = await run();
    for (const { done } of [calm, behind]) expect(done).toEqual({ graphs: PROMISES, promises: PROMISES });
    // The pause after a step is 9 times its duration in the first run (10 percent of the time), and 2.3 times in the
    // second (30 percent).
    expect(pausesPerStep(behind)).toBeLessThan(0.75 * pausesPerStep(calm));
    expect(calm.lags[0]).toBe(1);
    expect(behind.lags[0]).toBe((23 * HOUR) / 1_000);
    expect(await lag()).toBe(0);
  });

  test('a settled promise that stays because its root is pending does not count as lag', async () => {
    const { store } = runtime;
    await store.execute(
      { kind: 'promise.create', data: { id: 'p', timeoutAt: FAR_FUTURE, param: {}, tags: {} } },
      ...NO_DEBUG,
    );
    const child = { id: 'c', timeoutAt: FAR_FUTURE, param: {}, tags: { 'resonate:origin': 'p' } };
    await store.execute({ kind: 'promise.create', data: child }, ...NO_DEBUG);
    await store.execute({ kind: 'promise.settle', data: { id: 'c', state: 'resolved', value: {} } }, ...NO_DEBUG);
    now += 24 * HOUR;
    const duty = retentionDuty(runtime);
    await duty.run(new AbortController().signal);
    expect((await store.execute({ kind: 'promise.get', data: { id: 'c' } }, ...NO_DEBUG)).status).toBe(200);
    await duty.run(new AbortController().signal);
    expect(await lag()).toBe(0);
  });

  test('takes at most retention.max_percent of the time, even if it lags far behind', async () => {
    await runtime.store.close();
    await open({ 'retention-max-percent': '10' });
    await settle('a', 200);
    now += 48 * HOUR;
    const { tookMs, busyMs, done } = await run();
    expect(done).toEqual({ graphs: 200, promises: 200 });
    expect(busyMs / tookMs).toBeLessThan(0.12);
  });
});

test('the share grows with the lag, from the usual to the largest share', () => {
  const share = (lagMs: number) => timeShareOf(lagMs, MINUTE, 0.5);
  expect([0, MINUTE, 2 * MINUTE].map(share)).toEqual([0.1, 0.1, 0.1]);
  expect(share(6 * MINUTE)).toBeCloseTo(0.3);
  expect([10 * MINUTE, HOUR].map(share)).toEqual([0.5, 0.5]);
  expect([0, HOUR].map((lagMs) => timeShareOf(lagMs, MINUTE, 0.1))).toEqual([0.1, 0.1]);
});

test('a pause leaves a step its share of the time', () => {
  expect(pauseAfter(10, 0.1)).toBeCloseTo(90);
  expect(pauseAfter(10, 0.5)).toBeCloseTo(10);
  // A short step counts as 5 ms.
  expect(pauseAfter(0, 0.2)).toBeCloseTo(20);
});
