import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { reaping } from './reaper.ts';

const SECOND = 1_000;
/** How long after an outage each process has to renew its row. */
const GRACE_MS = 7 * SECOND;

let runtime: Runtime;
let now: number;
let step: () => Promise<null>;
/** While true, the store cannot be reached. */
let isAway: boolean;

beforeEach(async () => {
  now = Date.now();
  runtime = await runtimeForTests({ now: () => now });
  isAway = false;
  step = reaping(withOutages(runtime));
});

afterEach(() => runtime.store.close());

function withOutages({ logger, processId, store }: Runtime): Parameters<typeof reaping>[0] {
  const { cluster, outbox } = store;
  const read = async () => {
    if (isAway) throw new Error('the database cannot be reached');
    return store.now();
  };
  return { logger, processId, store: { cluster, outbox, now: read } };
}

/** Lets the grace period of a new leader pass, while these processes renew their rows. */
async function lead(...ids: string[]): Promise<void> {
  for (const end = now + GRACE_MS; now <= end; now += SECOND) {
    await heartbeat(...ids);
    await step();
  }
  await heartbeat(...ids);
  await step();
}

/** These processes renew their rows. */
async function heartbeat(...ids: string[]): Promise<void> {
  for (const id of ids) {
    const info = { role: 'all', version: 'test', host: 'test', startedAt: now, leader: false, stats: '{}' };
    await runtime.store.cluster.heartbeat({ id, ...info });
  }
}

async function known(): Promise<string[]> {
  await step();
  return (await runtime.store.cluster.processes()).map(({ id }) => id).sort();
}

test('a process that renews its row no longer is removed after 5 s', async () => {
  await lead('a', 'b', runtime.processId);
  for (let second = 1; second <= 5; second++) {
    now += SECOND;
    await heartbeat('a', runtime.processId);
    expect(await known()).toContain('b');
  }
  now += 1;
  expect(await known()).toEqual(['a', runtime.processId].sort());
});

test('after an outage of the store each process gets 7 s to renew its row', async () => {
  await lead('a', 'b', runtime.processId);
  now += 60 * SECOND;
  expect(await known()).toEqual(['a', 'b', runtime.processId].sort());
  for (let second = 1; second <= 6; second++) {
    now += SECOND;
    await heartbeat('a', runtime.processId);
    expect(await known()).toContain('b');
  }
  now += SECOND;
  expect(await known()).toEqual(['a', runtime.processId].sort());
});

test('a short outage counts, too: a process whose heartbeat backs off for up to 5 s after it is not removed', async () => {
  await lead('a', runtime.processId);
  isAway = true;
  for (let tenth = 1; tenth <= 20; tenth++) {
    now += SECOND / 10;
    await expect(step()).rejects.toThrow('cannot be reached');
  }
  isAway = false;
  for (let second = 0; second <= 5; second++) {
    await heartbeat(runtime.processId);
    expect(await known()).toContain('a');
    now += SECOND;
  }
  await heartbeat('a', runtime.processId);
  for (let second = 0; second < 5; second++) {
    expect(await known()).toContain('a');
    now += SECOND;
    await heartbeat(runtime.processId);
  }
  now += 1;
  expect(await known()).toEqual([runtime.processId]);
});

test('an outage in which no step failed, because the store answered late, counts, too', async () => {
  await lead('a', runtime.processId);
  // The next heartbeat of `a` hangs for as long as the next step.
  now += SECOND;
  expect(await known()).toContain('a');
  now += 4.1 * SECOND;
  expect(await known()).toContain('a');
});

test('a new leader waits, too, because it does not know whether there was an outage', async () => {
  await heartbeat('a');
  now += 60 * SECOND;
  await heartbeat(runtime.processId);
  expect(await known()).toContain('a');
  for (let second = 1; second <= 7; second++) {
    now += SECOND;
    await heartbeat(runtime.processId);
    await step();
  }
  expect(await known()).toEqual([runtime.processId]);
});

test('while writes hang and reads do not, no process is removed, because the row of the leader is not renewed either', async () => {
  await lead('a', runtime.processId);
  for (let second = 1; second <= 60; second++) {
    now += SECOND;
    expect(await known()).toEqual(['a', runtime.processId].sort());
  }
  // Then the heartbeat of `a` waits for its next attempt, but that of the leader does not.
  for (let second = 1; second <= 6; second++) {
    now += SECOND;
    await heartbeat(runtime.processId);
    expect(await known()).toContain('a');
  }
  now += 2 * SECOND;
  await heartbeat(runtime.processId);
  expect(await known()).toEqual([runtime.processId]);
});
