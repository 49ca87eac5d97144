import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runtimeForTests } from './runtime.fixture.ts';
import type { Runtime } from './runtime.ts';

let runtime: Runtime;

beforeEach(async () => {
  runtime = await runtimeForTests();
});

afterEach(() => runtime.store.close());

type Command = Parameters<Runtime['store']['execute']>[0];

async function send(...commands: Command[]): Promise<void> {
  for (const command of commands) {
    expect(await runtime.store.execute(command, null, 0)).toMatchObject({ status: 200 });
  }
}

const settled = async () => (await runtime.stats.read()).settled;

const newPromise = (id: string, timeoutAt: number, tags = {}) => ({ id, timeoutAt, param: {}, tags });
const settlement = (id: string) => ({ id, state: 'resolved' as const, value: {} });

test('the depth of the queue is read at each scrape, also while no batch ends', async () => {
  const depth = async () => /^resonate_queue_depth (\d+)$/m.exec(await runtime.metrics.registry.metrics())?.[1];
  expect(await depth()).toBe('0');
  const requests = ['a', 'b', 'c'].map((id) => runtime.store.execute({ kind: 'promise.get', data: { id } }, null, 0));
  const scraped = runtime.store.waiting;
  expect(scraped).toBeGreaterThan(0);
  expect(await depth()).toBe(String(scraped));
  await Promise.all(requests);
  expect(await depth()).toBe('0');
});

test('each promise that settles is counted once, whatever settles it', async () => {
  const later = Date.now() + 60_000;
  const task = { 'resonate:target': 'poll://any@nobody' };
  await send(
    { kind: 'promise.create', data: newPromise('a', later) },
    { kind: 'promise.create', data: newPromise('step', later) },
    { kind: 'promise.create', data: newPromise('task', later, task) },
  );
  expect(await settled()).toBe(0);
  await send({ kind: 'promise.settle', data: settlement('a') }, { kind: 'promise.settle', data: settlement('a') });
  expect(await settled()).toBe(1);
  const acquired = { id: 'task', version: 1 };
  const action = { kind: 'promise.settle' as const, data: settlement('step') };
  await send(
    { kind: 'task.acquire', data: { id: 'task', version: 0, pid: 'p', ttl: 60_000 } },
    { kind: 'task.fence', data: { ...acquired, action } },
  );
  expect(await settled()).toBe(2);
  await send({
    kind: 'task.fulfill',
    data: { ...acquired, action: { kind: 'promise.settle', data: settlement('task') } },
  });
  expect(await settled()).toBe(3);
  await send({ kind: 'promise.create', data: newPromise('too late', 1) });
  expect(await settled()).toBe(4);
});
