import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PROTOCOL_VERSION } from '@resonate/protocol';
import { ServerProcess } from '../processes/server-process.ts';

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev' });
});
afterAll(() => server.dispose());

const levelUrl = () => server.metricsUrl.replace('/metrics', '/log-level');
const put = (body: string) => fetch(levelUrl(), { method: 'PUT', body });

async function create(id: string, corrId: string): Promise<void> {
  const data = { id, timeoutAt: Date.now() + 60_000 };
  const body = JSON.stringify({ kind: 'promise.create', head: { corrId, version: PROTOCOL_VERSION }, data });
  await fetch(server.url, { method: 'POST', body });
}

test('requests are logged after a change to debug until the old level returns by itself', async () => {
  await create('before', 'c0');
  const changed = await put('{"level":"debug","forMs":60000}');
  expect(await changed.json()).toMatchObject({ level: 'debug', configured: 'info', until: expect.any(Number) });
  await create('seen', 'c1');
  expect(await server.logged('request')).toMatchObject({
    level: 'debug',
    kind: 'promise.create',
    id: 'seen',
    corrId: 'c1',
    status: 200,
    ms: expect.any(Number),
  });
  await put('{"level":"debug","forMs":1}');
  const state = async () => (await fetch(levelUrl())).json() as Promise<{ level: string }>;
  while ((await state()).level !== 'info');
  await create('after', 'c2');
  await put('{"level":"info"}');
  expect(server.output(100)).not.toContain('"id":"after"');
});

test.each(['', '{"level":"loud"}', '{"level":"debug","forMs":0}', `{"level":"${'x'.repeat(2_000)}"}`])(
  'a change to %j is refused',
  async (body) => {
    expect((await put(body)).status).toBe(400);
    expect(await (await fetch(levelUrl())).json()).toMatchObject({ level: 'info', until: null });
  },
);

test('other methods are refused', async () => {
  expect((await fetch(levelUrl(), { method: 'DELETE' })).status).toBe(405);
});

test('no web page can change it, not even one whose domain leads to this machine', async () => {
  const body = '{"level":"debug"}';
  for (const origin of ['http://evil.example', new URL(levelUrl()).origin, 'null']) {
    expect((await fetch(levelUrl(), { method: 'PUT', body, headers: { origin } })).status).toBe(403);
  }
  expect(await (await fetch(levelUrl())).json()).toMatchObject({ level: 'info', until: null });
});
