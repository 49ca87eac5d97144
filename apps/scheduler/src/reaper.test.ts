import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { createLogger } from '@resonate/observability';
import { DEAD_AFTER_MS, openRuntime, type Runtime } from '@resonate/process';
import { PassThrough } from 'node:stream';
import { reaping } from './reaper.ts';

const SECOND = 1_000;

let runtime: Runtime;
let now: number;
let step: () => Promise<null>;

beforeEach(async () => {
  now = Date.now();
  const { config } = loadConfig({ env: {}, flags: {}, command: 'dev' });
  const logger = createLogger({ level: 'error', stream: new PassThrough().resume() });
  runtime = await openRuntime({ config, role: 'all', version: 'test', logger, clock: { now: () => now } });
  step = reaping(runtime);
});

afterEach(() => runtime.store.close());

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
  await heartbeat('a', 'b', runtime.processId);
  for (let second = 1; second <= 5; second++) {
    now += SECOND;
    await heartbeat('a', runtime.processId);
    expect(await known()).toContain('b');
  }
  now += 1;
  expect(await known()).toEqual(['a', runtime.processId].sort());
});

test('after an outage of the store each process gets 5 s to renew its row', async () => {
  await heartbeat('a', 'b', runtime.processId);
  await step();
  now += 60 * SECOND;
  expect(await known()).toEqual(['a', 'b', runtime.processId].sort());
  now += DEAD_AFTER_MS - 1;
  await heartbeat('a', runtime.processId);
  expect(await known()).toContain('b');
  now += 1;
  expect(await known()).toEqual(['a', runtime.processId].sort());
});

test('a process that becomes the leader after an outage waits, too, if its own row is old', async () => {
  await heartbeat('a', runtime.processId);
  now += 60 * SECOND;
  expect(await known()).toContain('a');
  await heartbeat(runtime.processId);
  now += DEAD_AFTER_MS;
  expect(await known()).toEqual([runtime.processId]);
});
