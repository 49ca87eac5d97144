import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { AbsentConnections } from './absent-connections.ts';
import { sweepDeadLetters } from './dead-letter-sweep.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let runtime: Runtime;
let now: number;

beforeEach(async () => {
  now = Date.now();
  runtime = await runtimeForTests({ now: () => now });
});

afterEach(() => runtime.store.close());

async function settled(id: string, ...addresses: string[]): Promise<void> {
  const { store } = runtime;
  const data = { id, timeoutAt: now + 1_000 * HOUR, param: {}, tags: {} };
  await store.execute({ kind: 'promise.create', data }, null, 0);
  for (const address of addresses) {
    await store.execute({ kind: 'promise.register_listener', data: { awaited: id, address } }, null, 0);
  }
  await store.execute({ kind: 'promise.settle', data: { id, state: 'resolved', value: {} } }, null, 0);
}

const letters = () => runtime.store.deadLetters.list({}, 1_000);

test('an unblock that could not be delivered for a day becomes a dead letter, not before', async () => {
  await settled('p', 'poll://uni@group/gone');
  now += 24 * HOUR;
  await sweepDeadLetters(runtime);
  expect(await letters()).toEqual([]);
  now += 1;
  await sweepDeadLetters(runtime);
  expect(await letters()).toMatchObject([
    { awaited: 'p', address: 'poll://uni@group/gone', attempts: 0, enqueuedAt: now - 24 * HOUR - 1, diedAt: now },
  ]);
  expect((await letters())[0]?.lastError).toContain('messages.unblock_max_age');
  const { values } = await runtime.metrics.newDeadLetters.get();
  expect(values.filter(({ value }) => value > 0)).toMatchObject([
    { value: 1, labels: { transport: 'poll', reason: 'age' } },
  ]);
});

test('an unblock for a disabled transport waits until it is enabled', async () => {
  await settled('p', 'gcps://project/topic');
  now += 1_000 * HOUR;
  await sweepDeadLetters(runtime);
  expect(await letters()).toEqual([]);
  expect(await runtime.store.queues.backlog('gcps', 10)).toMatchObject({ count: 1 });
});

test('dead letters are deleted after a month', async () => {
  await settled('p', 'poll://uni@group/gone');
  now += 25 * HOUR;
  await sweepDeadLetters(runtime);
  now += 30 * 24 * HOUR;
  await sweepDeadLetters(runtime);
  expect(await letters()).toHaveLength(1);
  now += 1;
  await sweepDeadLetters(runtime);
  expect(await letters()).toEqual([]);
});

describe('an unblock for one connection', () => {
  let absent: AbsentConnections;
  const startedAs = (role: string, startedAt: number) =>
    runtime.store.cluster.heartbeat({ id: role, role, version: 'test', host: 'here', startedAt, leader: true });
  const waiting = async () => {
    await absent.drop();
    return (await runtime.store.queues.nextDue('poll', ['group/gone'])).length;
  };

  beforeEach(async () => {
    absent = new AbsentConnections(runtime);
    await startedAs('all', now - HOUR);
    await absent.drop();
  });

  test('is dropped and counted if the connection stays away for 10 minutes, and does not become a dead letter', async () => {
    await settled('p', 'poll://uni@group/gone');
    now += 10 * MINUTE;
    expect(await waiting()).toBe(1);
    now += 1;
    expect(await waiting()).toBe(0);
    expect(await letters()).toEqual([]);
    const { values } = await runtime.metrics.unblocksDropped.get();
    expect(values).toMatchObject([{ value: 1 }]);
  });

  test('is kept until this process has been the leader for that time', async () => {
    await settled('p', 'poll://uni@group/gone');
    now += HOUR;
    absent.restart();
    expect(await waiting()).toBe(1);
    now += 10 * MINUTE;
    expect(await waiting()).toBe(1);
    now += 1;
    expect(await waiting()).toBe(0);
  });

  test('is kept until clients could connect to an api process for that time', async () => {
    await settled('p', 'poll://uni@group/gone');
    now += HOUR;
    await runtime.store.cluster.removeProcesses(['all']);
    await startedAs('scheduler', now - HOUR);
    expect(await waiting()).toBe(1);
    await startedAs('api', now);
    now += 10 * MINUTE;
    expect(await waiting()).toBe(1);
    now += 1;
    expect(await waiting()).toBe(0);
  });
});
