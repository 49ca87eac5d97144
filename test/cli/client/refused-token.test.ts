import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GuardedServer } from '../../auth/guarded-server.ts';
import { resonateFor, type Resonate } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

let server: GuardedServer;
let resonate: Resonate;

beforeAll(async () => {
  server = await GuardedServer.start();
  resonate = resonateFor(server.process.url);
});

afterAll(() => server?.dispose());

const get = ['promises', 'get', 'theirs-1'];

test.each([get, ['cluster']])('without a token %s says how to give one', async (...args) => {
  const { code, stderr } = await resonate.run(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\(401\): the server requires a token; set RESONATE_TOKEN or use --token\n$/);
});

test('says that the server does not accept a token', async () => {
  const { code, stderr } = await resonate.run(...get, '--token', server.token({ exp: 1, role: 'admin' }));
  expect(code).toBe(1);
  expect(stderr).toMatch(/\(401\): the server does not accept this token; it may have expired\n$/);
});

test('says that a token does not allow a request', async () => {
  const { code, stderr } = await resonate.run(...get, '--token', server.token({ prefix: 'mine-' }));
  expect(code).toBe(1);
  expect(stderr).toMatch(/\(403\): the token does not allow this; check its role and prefix\n$/);
});
