import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Resonate, type Context } from '@resonatehq/sdk';
import { GuardedServer } from './guarded-server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** The official SDK with a server that requires tokens, over HTTP and over its event stream. */

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent };

let server: GuardedServer;
const open: Resonate[] = [];

beforeAll(async () => {
  server = await GuardedServer.start();
});

afterAll(async () => {
  for (const client of open) await client.stop();
  await server?.dispose();
});

function connect(group: string, claims: Record<string, unknown>): Resonate {
  const client = new Resonate({ url: server.process.url, group, token: server.token(claims), logger });
  open.push(client);
  return client;
}

function* double(_: Context, value: number) {
  return value * 2;
}

function* quadruple(context: Context, value: number): Generator<unknown, number, number> {
  const twice = yield* context.rpc<number>('double', value, context.options({ target: 'workers' }));
  return yield* context.run(double, twice);
}

test('a workflow that one client starts and another one runs works with tokens of its prefix and of their groups', async () => {
  const worker = connect('workers', { prefix: 'team.', groups: ['workers'] });
  worker.register('double', double);
  worker.register('quadruple', quadruple);
  const client = connect('clients', { prefix: 'team.', groups: ['clients'] });
  await expect(client.rpc('team.1', 'quadruple', 3, client.options({ target: 'workers' }))).resolves.toBe(12);
  const seen = await server.ask('promise.search', { state: 'resolved' }, server.token({ prefix: 'team.' }));
  expect((seen.data as { promises: unknown[] }).promises.length).toBeGreaterThanOrEqual(3);
});

test('a workflow whose id does not begin with the prefix is refused', async () => {
  const client = connect('others', { prefix: 'team.' });
  client.register('double', double);
  await expect(client.run('other.1', 'double', 3)).rejects.toThrow();
  expect(await server.ask('promise.get', { id: 'other.1' }, server.token({ role: 'admin' }))).toMatchObject({
    status: 404,
  });
});
