import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { recorded } from './recorded.ts';
import { redriveDuty } from './redrive.ts';

/** More than two batches. */
const LETTERS = 450;
const DAY = 86_400_000;

let runtime: Runtime;
let now: number;

beforeEach(async () => {
  now = Date.now();
  runtime = await runtimeForTests({ now: () => now });
  await runtime.store.execute(
    { kind: 'promise.create', data: { id: 'p', timeoutAt: now + 1_000 * DAY, param: {}, tags: {} } },
    ...NO_DEBUG,
  );
});

afterEach(() => runtime.store.close());

const NO_DEBUG = [null, 0] as const;

/** Registers listeners, and lets their messages wait until they become dead letters. */
async function die(addresses: string[]): Promise<void> {
  const { store } = runtime;
  for (const address of addresses) {
    await store.execute({ kind: 'promise.register_listener', data: { awaited: 'p', address } }, ...NO_DEBUG);
  }
  await store.execute({ kind: 'promise.settle', data: { id: 'p', state: 'resolved', value: {} } }, ...NO_DEBUG);
  now += 2 * DAY;
  while ((await store.deadLetters.deadLetterAged('poll', DAY, 'nobody came')).more);
}

const addresses = (count: number) => Array.from({ length: count }, (_, n) => `poll://any@group${n % 2}/${n}`);
const waiting = async () => (await runtime.store.queues.backlog('poll', 10_000)).count;

test('of two bulk redrives that are ordered at the same time, one is accepted', async () => {
  await die(addresses(3));
  const { bulkRedrive } = runtime.store.upkeep;
  for (const round of ['first', 'later']) {
    const orders = await Promise.all([bulkRedrive.order({}), bulkRedrive.order({})]);
    const accepted = orders.flatMap((order) => order?.id ?? []);
    expect([round, accepted]).toEqual([round, [(await bulkRedrive.current())?.id]]);
    while ((await bulkRedrive.step())?.endedAt === null);
  }
});

test('a bulk redrive continues where it was interrupted, sends each letter once, and is recorded', async () => {
  await die(addresses(LETTERS));
  const { store } = runtime;
  const job = recorded(redriveDuty(runtime), runtime);
  expect(await job.dueAt()).toBeNull();
  const order = await store.upkeep.bulkRedrive.order({});
  expect(order).toMatchObject({ redriven: 0, endedAt: null });
  // Only one order at a time.
  expect(await store.upkeep.bulkRedrive.order({})).toBeNull();
  await store.upkeep.bulkRedrive.step();
  expect(await waiting()).toBe(200);
  expect(await job.dueAt()).toBe(0);
  await job.run(new AbortController().signal);
  expect(await waiting()).toBe(LETTERS);
  expect(await store.deadLetters.count(1_000)).toBe(0);
  expect(await store.upkeep.bulkRedrive.current()).toMatchObject({ id: order?.id, redriven: LETTERS, endedAt: now });
  expect(await job.dueAt()).toBeNull();
  expect(await store.upkeep.jobs.lastRun('redrive')).toMatchObject({
    ...{ by: runtime.processId, error: null, done: { redriven: LETTERS - 200 } },
    ...{ startedAt: now, endedAt: now },
  });
});

test('a bulk redrive does not send a letter a second time if it fails again during the redrive', async () => {
  await die(addresses(LETTERS));
  const { store } = runtime;
  await store.upkeep.bulkRedrive.order({ target: 'group0' });
  await store.upkeep.bulkRedrive.step();
  now += 2 * DAY;
  while ((await store.deadLetters.deadLetterAged('poll', DAY, 'nobody came again')).more);
  expect(await store.deadLetters.count(1_000)).toBe(LETTERS);
  while (await store.upkeep.bulkRedrive.step());
  expect(await store.upkeep.bulkRedrive.current()).toMatchObject({ redriven: LETTERS / 2 });
  expect(await waiting()).toBe(LETTERS / 2 - 200);
});

test('an order that selects no letters is done at once', async () => {
  expect(await runtime.store.upkeep.bulkRedrive.order({})).toMatchObject({ redriven: 0, endedAt: now });
  expect(await recorded(redriveDuty(runtime), runtime).dueAt()).toBeNull();
});
