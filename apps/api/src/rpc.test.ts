import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { createLogger } from '@resonate/observability';
import { openRuntime, type Runtime } from '@resonate/process';
import { PassThrough } from 'node:stream';
import { Rpc } from './rpc.ts';

let runtime: Runtime;

beforeAll(async () => {
  const logger = createLogger({ level: 'error', stream: new PassThrough().resume() });
  const { config } = loadConfig({ env: {}, command: 'dev' });
  runtime = await openRuntime({ config, role: 'all', version: 'test', logger });
});

afterAll(() => runtime.store.close());

function request(kind: string, data: unknown): Buffer {
  return Buffer.from(JSON.stringify({ kind, head: { corrId: 'c1', version: '2026-04-01' }, data }));
}

test('an answer that can not be written is a 500 for its client, and no harm to the process', async () => {
  // What really cannot is a page longer than a string may be: half a gigabyte, too much for a test.
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
    data: 'The answer is too large: ask for less with limit',
  });
  store.execute = execute;
  expect(await new Rpc(runtime, null).answer(request('promise.get', { id: 'none' }))).toMatchObject({ status: 404 });
});
