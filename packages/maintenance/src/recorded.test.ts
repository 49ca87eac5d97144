import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { recorded } from './recorded.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let runtime: Runtime;
let now: number;

beforeEach(async () => {
  now = Date.now();
  runtime = await runtimeForTests({ now: () => now });
});

afterEach(() => runtime.store.close());

test('a job is due an interval after its last run, but at once if that was recorded while the clock was ahead', async () => {
  const job = recorded({ name: 'analyze', when: { everyMs: HOUR }, run: async () => ({}) }, runtime);
  expect(await job.dueAt()).toBe(0);
  await job.run(new AbortController().signal);
  expect(await job.dueAt()).toBe(now + HOUR);
  now += 1_000 * DAY;
  await job.run(new AbortController().signal);
  expect(await job.dueAt()).toBe(now + HOUR);
  now -= 999 * DAY;
  expect(await job.dueAt()).toBe(0);
  await job.run(new AbortController().signal);
  expect(await job.dueAt()).toBe(now + HOUR);
});
