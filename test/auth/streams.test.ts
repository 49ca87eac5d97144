import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { expiring } from '../../apps/api/src/auth/issuer.fixture.ts';
import { EventStream } from '../processes/event-stream.ts';
import { until } from '../processes/until.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';
import { bearer, GuardedServer } from './guarded-server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let server: GuardedServer;
beforeAll(async () => {
  server = await GuardedServer.start();
});
afterAll(() => server?.dispose());

describe('the groups claim', () => {
  test.each<[string, Record<string, unknown>, Record<string, number>]>([
    ['allows its groups', { prefix: 'p', groups: ['one', 'a/ü'] }, { one: 200, 'a%2F%C3%BC': 200, two: 403 }],
    ['if missing, allows every group', { prefix: 'p' }, { one: 200, two: 200 }],
    ['if empty, allows no group', { prefix: '', groups: [] }, { one: 403 }],
    ['if not a list, allows no group', { prefix: 'p', groups: 'one' }, { one: 403 }],
    ['if null, allows no group', { prefix: 'p', groups: null }, { one: 403 }],
    ['does not bind an admin', { role: 'admin', groups: ['one'] }, { two: 200 }],
  ])('%s', async (_, claims, expected) => {
    for (const [group, status] of Object.entries(expected)) {
      expect([group, await server.status(`/poll/${group}/a`, server.token(claims))]).toEqual([group, status]);
      expect([group, await upgraded(`/connect/${group}/a`, server.token(claims))]).toEqual([group, status]);
    }
  });
});

test('a WebSocket needs a valid token', async () => {
  expect(await upgraded('/connect/g/a', undefined)).toBe(401);
  expect(await upgraded('/connect/g/a', server.token({ prefix: '', exp: expiring(-100) }))).toBe(401);
});

/** 200 if the WebSocket opens, else the status of the refusal. */
async function upgraded(path: string, token: string | undefined): Promise<number> {
  try {
    const socket = await WorkerSocket.open(server.process.url, path, bearer(token));
    await socket.close();
    return 200;
  } catch (error) {
    return Number(/^HTTP (\d+)$/.exec((error as Error).message)?.[1]);
  }
}

test('a WebSocket is asked to leave when its token expires', async () => {
  const socket = await until('a WebSocket', 60_000, () =>
    WorkerSocket.open(server.process.url, '/connect/g/short', bearer(server.token({ prefix: '', exp: expiring(2) }))),
  );
  await socket.until(() => socket.drains === 1);
  expect(await socket.closed).toBe(1012);
});

test('a stream ends when its token expires, and not before', async () => {
  let exp = 0;
  // On a slow machine a token may expire before it is used. Then it is tried again with a new one.
  const short = await until('a stream', 60_000, () => {
    exp = expiring(2);
    return EventStream.open(server.process.url, '/poll/g/short', bearer(server.token({ prefix: '', exp })));
  });
  const long = await EventStream.open(server.process.url, '/poll/g/long', bearer(server.token({ prefix: '' })));
  expect(await short.ended).toEqual({ clean: true });
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
  // The stream with the other token stays open.
  const task = { id: 't', timeoutAt: 9e12, tags: { 'resonate:target': 'poll://uni@g/long' } };
  await server.ask('promise.create', task, server.token({ prefix: '' }));
  expect(await long.next()).toMatchObject({ kind: 'execute', data: { task: { id: 't' } } });
  long.break();
});
