import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { unsigned, expiring, Signer } from '../../apps/api/src/auth/issuer.fixture.ts';
import { RawConnection, requestBytes, statuses } from '../http/raw-connection.ts';
import { HttpClient } from '../processes/http-client.ts';
import { runCommand } from '../processes/run-command.ts';
import { RESONATE, ServerProcess } from '../processes/server-process.ts';
import { bearer, GuardedServer } from './guarded-server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const ORIGIN = 'https://app.example.com';
const REQUEST = JSON.stringify({
  kind: 'promise.get',
  head: { corrId: '1', version: '2026-04-01' },
  data: { id: 'a' },
});

describe('a server that requires tokens', () => {
  let server: GuardedServer;
  beforeAll(async () => {
    const limits = ['--server-headers-timeout', '1000', '--server-request-timeout', '2000'];
    const size = ['--server-max-body-size', '2048'];
    server = await GuardedServer.start('--level', 'debug', '--server-cors-allow-origin', ORIGIN, ...limits, ...size);
  });
  afterAll(() => server?.dispose());

  const ANSWERS = [
    { name: 'an accepted request', method: 'POST', path: '/', body: REQUEST, isAdmin: true, status: 404 },
    { name: 'a refused request', method: 'POST', path: '/', body: REQUEST, isAdmin: false, status: 401 },
    { name: 'a broken request', method: 'POST', path: '/', body: '{', isAdmin: false, status: 400 },
    { name: 'a large body', method: 'POST', path: '/', body: ' '.repeat(3_000), isAdmin: true, status: 413 },
    { name: '/cluster', method: 'GET', path: '/cluster', body: '', isAdmin: true, status: 200 },
    { name: '/cluster, refused', method: 'GET', path: '/cluster', body: '', isAdmin: false, status: 401 },
    { name: 'a stream, refused', method: 'GET', path: '/poll/g/a', body: '', isAdmin: false, status: 401 },
    { name: '/health', method: 'GET', path: '/health', body: '', isAdmin: false, status: 200 },
    { name: '/ready', method: 'GET', path: '/ready', body: '', isAdmin: false, status: 200 },
    { name: 'a path that is not found', method: 'GET', path: '/nothing', body: '', isAdmin: false, status: 404 },
  ];

  test.each(ANSWERS)(
    '$name is JSON, is not cached, and can be read by pages of the allowed origin',
    async ({ isAdmin, status, ...request }) => {
      const headers = { origin: ORIGIN, ...(isAdmin ? bearer(server.token({ role: 'admin' })) : {}) };
      const answer = await server.client.send({ ...request, headers });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringMatching(/^application\/json/),
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'access-control-allow-origin': ORIGIN,
      });
      expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
      expect(answer.headers['x-powered-by']).toBeUndefined();
    },
  );

  test.each(['/', '/cluster', '/poll/g/a'])('a preflight request for %s needs no token', async (path) => {
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
    const answer = await server.client.send({ method: 'OPTIONS', path, headers: { origin: ORIGIN, ...asked } });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toContain('authorization');
  });

  test('never writes tokens into its log, metrics or answers', async () => {
    const tokens = [
      server.token({ role: 'admin', sub: 'somebody' }),
      server.token({ role: 'admin' }, new Signer()),
      server.token({ role: 'admin', exp: expiring(-500) }),
      server.token({ prefix: 'p' }),
      'not-a-token-but-a-password',
      `${unsigned({ role: 'admin' }, { alg: 'none' })}.`,
    ];
    let shown = '';
    for (const token of tokens) {
      for (const place of ['head', 'header'] as const) {
        shown += JSON.stringify(await server.ask('promise.get', { id: 'x' }, token, place));
        shown += JSON.stringify(await server.ask(token, { id: 'p' }, undefined, place)).replaceAll(token, '');
      }
      await server.status('/cluster', token);
      shown += (await server.client.send({ path: '/poll/g/%zz', headers: bearer(token) })).body;
    }
    shown += await (await fetch(server.process.metricsUrl)).text();
    // A server that has stopped has written its whole log.
    expect(await server.process.stop()).toBe(0);
    const log = server.process.output(2_000);
    await server.process.restart();
    // The log contains the refusals.
    expect(log).toContain('a token was refused');
    expect(shown).toContain('resonate_request_total');
    const parts = tokens.flatMap((token) => [token, ...token.split('.').slice(1)]).filter((part) => part !== '');
    for (const part of parts) expect([part, (shown + log).includes(part)]).toEqual([part, false]);
  });

  test.each([
    ['sends nothing', ''],
    ['stops in the middle of its headers', 'POST / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['stops in the middle of its body', requestBytes('POST', '/', { 'content-length': '100' }, '{"kind":')],
  ])('cuts off a client that %s', async (_, bytes) => {
    const raw = await RawConnection.open(server.process.url);
    if (bytes !== '') await raw.write(bytes);
    const { text } = await raw.ended();
    expect(statuses(text)).toEqual([408]);
  });

  test('cuts off a client that sends its headers byte by byte', async () => {
    const raw = await RawConnection.open(server.process.url);
    await raw.write('POST / HTTP/1.1\r\nhost: x\r\n');
    const drip = setInterval(() => void raw.write('x'), 100);
    const { text } = await raw.ended();
    clearInterval(drip);
    expect(statuses(text)).toEqual([408]);
  });
});

describe('auth.publickey', () => {
  test('set to none accepts unsigned tokens, but no requests without a token', async () => {
    const server = await ServerProcess.start({ command: 'dev', args: ['--auth-publickey', 'none'] });
    const client = new HttpClient(server.url);
    try {
      const token = `${unsigned({ prefix: 'p', exp: expiring(100) }, { alg: 'none' })}.`;
      const ask = (id: string, headers: Record<string, string>) =>
        client.post(REQUEST.replace('"a"', JSON.stringify(id)), headers).then(({ status }) => status);
      expect([await ask('p', bearer(token)), await ask('q', bearer(token)), await ask('p', {})]).toEqual([
        404, 403, 401,
      ]);
      expect(await server.logged('Auth accepts unsigned tokens: anyone can make one')).toMatchObject({ level: 'warn' });
      expect(server.output(2_000)).not.toContain('Auth disabled');
    } finally {
      client.close();
      await server.dispose();
    }
  });

  test('with a file that cannot be read ends the server at start, with one line that names the file', async () => {
    const args = ['dev', '--server-port', '0', '--observability-metrics-port', '0', '--auth-publickey', 'no-such.pem'];
    const { code, stdout } = await runCommand(RESONATE, args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/"level":"error","msg":"could not start".*auth\.publickey no-such\.pem/);
  });
});
