import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpPushAuthOptions } from './http-push-auth.ts';
import { HttpPush } from './http-push.ts';
import { to } from './outgoing.fixture.ts';

const SECRET = 's3cret-t0ken';
const servers: Server[] = [];
const pushes: HttpPush[] = [];

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A target that answers with a status and records the tokens that it got in a header. */
async function target(header = 'authorization', status = 200): Promise<{ url: string; tokens: unknown[] }> {
  const tokens: unknown[] = [];
  const url = await listen((request, response) => {
    tokens.push(request.headers[header]);
    request.resume().once('end', () => response.writeHead(status).end());
  });
  return { url: `${url}/hook`, tokens };
}

function pushWith(auth: Partial<HttpPushAuthOptions>): (address: string) => Promise<void> {
  const options = { connectTimeoutMs: 1_000, requestTimeoutMs: 20_000, connectionsPerTarget: 4 };
  const transport = new HttpPush({
    ...options,
    auth: { mode: 'none', token: null, audience: null, header: 'Authorization', ...auth },
  });
  pushes.push(transport);
  return (address) => transport.push(to(address));
}

afterEach(async () => {
  await Promise.all(pushes.splice(0).map((push) => push.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a static token', () => {
  test('is sent with each push, in the configured header', async () => {
    const usual = await target();
    await pushWith({ mode: 'bearer', token: SECRET })(usual.url);
    const own = await target('x-worker-auth');
    await pushWith({ mode: 'bearer', token: SECRET, header: 'X-Worker-Auth' })(own.url);
    expect([...usual.tokens, ...own.tokens]).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
  });

  test('does not appear in an error', async () => {
    const push = pushWith({ mode: 'bearer', token: SECRET });
    const refusing = await target('authorization', 401);
    const breaking = await listen((request) => request.socket.destroy());
    for (const url of [refusing.url, breaking, 'http://127.0.0.1:1/', 'http://no.such.host.invalid/']) {
      const error = await push(url).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error)).not.toContain(SECRET);
    }
    expect(() => pushWith({ mode: 'bearer', token: `${SECRET}\n` })).toThrow(/^(?!.*s3cret).*not allowed in a header/);
  });

  test('is not sent if the mode is none', async () => {
    const plain = await target();
    await pushWith({ token: SECRET })(plain.url);
    expect(plain.tokens).toEqual([undefined]);
  });
});

describe('an ID token of the metadata server', () => {
  const minted: string[] = [];
  const before = { ...process.env };
  let lifetimeMs = 3_600_000;
  let broken = false;

  beforeEach(async () => {
    minted.length = 0;
    lifetimeMs = 3_600_000;
    broken = false;
    const metadata = await listen((request, response) => {
      const url = new URL(request.url ?? '/', 'http://metadata');
      const headers = { 'metadata-flavor': 'Google' };
      if (!url.pathname.endsWith('/identity')) return void response.writeHead(200, headers).end('{}');
      const aud = url.searchParams.get('audience') ?? '';
      minted.push(aud);
      if (broken) return void response.writeHead(403, headers).end('no service account');
      const claims = { aud, n: minted.length, exp: Math.floor((Date.now() + lifetimeMs) / 1_000) };
      response.writeHead(200, headers).end(`e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`);
    });
    process.env['GCE_METADATA_HOST'] = metadata.replace('http://', '');
    process.env['METADATA_SERVER_DETECTION'] = 'assume-present';
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
  });
  afterEach(() => {
    for (const name of ['GCE_METADATA_HOST', 'METADATA_SERVER_DETECTION', 'GOOGLE_APPLICATION_CREDENTIALS']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  test('is requested once for many pushes, for the URL of each target', async () => {
    const [one, other] = [await target(), await target()];
    const push = pushWith({ mode: 'gcp' });
    await Promise.all([one.url, one.url, other.url].map(push));
    await push(one.url);
    expect(minted.sort()).toEqual([one.url, other.url].sort());
    expect(one.tokens).toHaveLength(3);
    expect(new Set(one.tokens).size).toBe(1);
    expect(one.tokens[0]).toMatch(/^Bearer e30\..+\.sig$/);
  }, 30_000);

  test('has the configured audience', async () => {
    const [one, other] = [await target(), await target()];
    const push = pushWith({ mode: 'gcp', audience: 'my-workers' });
    await push(one.url);
    await push(other.url);
    expect(minted).toEqual(['my-workers']);
  });

  test('is renewed before it expires', async () => {
    const one = await target();
    const push = pushWith({ mode: 'gcp' });
    lifetimeMs = 50_000;
    await push(one.url);
    await push(one.url);
    expect(minted).toHaveLength(2);
    expect(new Set(one.tokens).size).toBe(2);
  });

  test('that cannot be obtained fails the push, which is not sent without it', async () => {
    const one = await target();
    const push = pushWith({ mode: 'gcp' });
    broken = true;
    await expect(push(one.url)).rejects.toThrow(/^no ID token for the push: /);
    expect(one.tokens).toEqual([]);
    broken = false;
    await push(one.url);
    expect(one.tokens).toHaveLength(1);
  });
});
