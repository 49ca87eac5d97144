import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { Rpc } from './rpc.ts';

let runtime: Runtime;

beforeAll(async () => {
  runtime = await runtimeForTests();
});

afterAll(() => runtime.store.close());

function request(kind: string, data: unknown): Buffer {
  return Buffer.from(JSON.stringify({ kind, head: { corrId: 'c1', version: '2026-04-01' }, data }));
}

test('the answer inside a task.fence repeats the corrId of the request', async () => {
  const rpc = new Rpc(runtime, null);
  const task = {
    kind: 'promise.create',
    data: { id: 'fenced', timeoutAt: 2 ** 50, tags: { 'resonate:target': 'poll://any@g' } },
  };
  await rpc.answer(request('task.create', { pid: 'p', ttl: 60_000, action: task }));
  const action = {
    kind: 'promise.create',
    head: { corrId: 'inner' },
    data: { id: 'fenced.child', timeoutAt: 2 ** 50 },
  };
  const { body } = await rpc.answer(request('task.fence', { id: 'fenced', version: 1, action }));
  expect(JSON.parse(body)).toMatchObject({ data: { action: { head: { corrId: 'c1', status: 200 } } } });
});

test.each([
  ['nope.nope', 'Unknown operation: nope.nope'],
  ['k'.repeat(1_000), `Unknown operation: ${'k'.repeat(100)}…`],
])('an unknown kind is named in the answer, shortened when it is long', async (kind, data) => {
  const { status, body } = await new Rpc(runtime, null).answer(request(kind, {}));
  expect([status, (JSON.parse(body) as { data: unknown }).data]).toEqual([400, data]);
});

test('an answer that cannot be serialized is a 500 for its client and does not harm the process', async () => {
  // In real use this is a page that is longer than the maximum of a string, 0.5 GB. That is too large for a test. A
  // circular object fails in the same way.
  const page: { promises: unknown[] } = { promises: [] };
  page.promises.push(page);
  const { store } = runtime;
  const execute = store.execute.bind(store);
  store.execute = () => Promise.resolve({ status: 200, data: page });
  const { status, body } = await new Rpc(runtime, null).answer(request('promise.search', {}));
  expect(status).toBe(500);
  expect(JSON.parse(body)).toEqual({
    kind: 'promise.search',
    head: { corrId: 'c1', status: 500, version: '2026-04-01' },
    data: 'The answer is too large. Request fewer results with `limit`.',
  });
  store.execute = execute;
  expect(await new Rpc(runtime, null).answer(request('promise.get', { id: 'none' }))).toMatchObject({ status: 404 });
});
