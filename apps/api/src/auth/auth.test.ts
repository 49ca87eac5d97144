import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@resonate/observability';
import { loadConfig, type Config } from '@resonate/config';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Auth, bearerToken, type Authentication } from './auth.ts';
import { expiring, KeySetServer, Signer, unsigned } from './issuer.fixture.ts';

const rsa = new Signer('rsa');
const p256 = new Signer('P-256');
const p384 = new Signer('P-384');
const ed25519 = new Signer('ed25519');
const stranger = new Signer('P-256');
const ADMIN = { role: 'admin', exp: expiring(10_000) };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'auth-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const clock = { at: null as number | null, now: () => clock.at ?? Date.now() };

async function start(options: Partial<Config['auth']>): Promise<Auth> {
  const auth = new Auth({ config: { ...loadConfig({}).config.auth, ...options }, logger: silentLogger, clock });
  await auth.start();
  return auth;
}

async function statusOf(answer: Authentication | Promise<Authentication>): Promise<number> {
  const known = await answer;
  return known.ok ? 200 : known.status;
}

async function judged(options: Partial<Config['auth']>, token: string | undefined): Promise<number> {
  const auth = await start(options);
  const first = await statusOf(auth.authenticate(token));
  // The result must be the same from the cache.
  expect(await statusOf(auth.authenticate(token))).toBe(first);
  return first;
}

describe('a key file', () => {
  const ALGORITHMS: [string, Signer, string[]][] = [
    ['RSA', rsa, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['P-256', p256, ['ES256']],
    ['P-384', p384, ['ES384']],
    ['Ed25519', ed25519, ['EdDSA']],
  ];

  test.each(ALGORITHMS)(
    'of %s accepts tokens of its algorithms, and refuses modified ones',
    async (name, signer, own) => {
      const publickey = [file(`${name}.pem`, signer.pem)];
      for (const algorithm of own) {
        const token = signer.token(ADMIN, algorithm);
        expect([algorithm, await judged({ publickey }, token)]).toEqual([algorithm, 200]);
        const [header, , signature] = token.split('.');
        const claims = Buffer.from(JSON.stringify({ ...ADMIN, sub: 'other' })).toString('base64url');
        expect([algorithm, await judged({ publickey }, `${header}.${claims}.${signature}`)]).toEqual([algorithm, 401]);
      }
    },
  );

  test('may hold several keys, and there may be several files', async () => {
    const publickey = [file('two.pem', `${rsa.pem}\n${p256.pem}`), file('one.pem', ed25519.pem)];
    expect(await judged({ publickey }, rsa.token(ADMIN, 'RS256'))).toBe(200);
    expect(await judged({ publickey }, p256.token(ADMIN))).toBe(200);
    expect(await judged({ publickey }, ed25519.token(ADMIN, 'EdDSA'))).toBe(200);
    expect(await judged({ publickey }, stranger.token(ADMIN))).toBe(401);
  });

  test.each([
    ['a P-521 key', () => new Signer('P-521').pem, 'not EC secp521r1'],
    ['an RSA key of 1024 bits', () => new Signer('rsa-1024').pem, 'needs 2048 bits'],
    ['a private key', () => p256.privatePem, 'contains a PRIVATE KEY, but only public keys'],
    ['text', () => 'hello', 'contains no public key in PEM format'],
    ['a key that is cut off', () => p256.pem.replace(/\n.{20}/, '\n'), 'auth.publickey'],
  ])('with %s is refused at start, by name', async (_, text, message) => {
    const path = file('bad.pem', text());
    await expect(start({ publickey: [path] })).rejects.toThrow(message);
    await expect(start({ publickey: [path] })).rejects.toThrow(path);
  });

  test('that does not exist is refused at start', async () => {
    await expect(start({ publickey: [join(folder, 'none.pem')] })).rejects.toThrow('none.pem');
  });
});

describe('a forged token', () => {
  const secretIsPublicKey = (alg: string, secret: string) => {
    const text = unsigned(ADMIN, { alg });
    return `${text}.${createHmac(alg.replace('HS', 'sha'), secret).update(text).digest('base64url')}`;
  };
  const rs256 = rsa.token(ADMIN, 'RS256').split('.');

  test.each<[string, string | undefined]>([
    ['no token', undefined],
    ['an empty one', ''],
    ['text', 'abc'],
    ['three parts of nonsense', 'a.b.c'],
    ['HS256 with the public key as its secret', secretIsPublicKey('HS256', rsa.pem)],
    ['HS256 with the public key, trimmed', secretIsPublicKey('HS256', rsa.pem.trim())],
    ['HS512 with the public key', secretIsPublicKey('HS512', rsa.pem)],
    ['no algorithm, no signature', `${unsigned(ADMIN, { alg: 'none' })}.`],
    ['the algorithm None', `${unsigned(ADMIN, { alg: 'None' })}.`],
    ['no algorithm, but a signature', `${unsigned(ADMIN, { alg: 'none' })}.${rs256[2]}`],
    ['an algorithm that is not a string', `${unsigned(ADMIN, { alg: ['RS256'] })}.${rs256[2]}`],
    ['a signature left out', `${rs256[0]}.${rs256[1]}.`],
    ['ES256 with an RSA signature', `${unsigned(ADMIN, { alg: 'ES256' })}.${rs256[2]}`],
    ['EdDSA with an RSA signature', `${unsigned(ADMIN, { alg: 'EdDSA' })}.${rs256[2]}`],
    ['a short ES256 signature', `${unsigned(ADMIN, { alg: 'ES256' })}.AAAA`],
    ['an ES256 signature of zeros', `${unsigned(ADMIN, { alg: 'ES256' })}.${Buffer.alloc(64).toString('base64url')}`],
    ['its own key in the header', stranger.token(ADMIN, 'ES256', { jwk: stranger.jwk() })],
    ['a critical header that the server does not know', rsa.token(ADMIN, 'RS256', { crit: ['x'], x: 1 })],
    ['claims that are a list', `${rs256[0]}.${Buffer.from('[1]').toString('base64url')}.${rs256[2]}`],
    ['a megabyte', `${rs256[0]}.${'A'.repeat(1 << 20)}.${rs256[2]}`],
  ])('with %s is refused', async (_, token) => {
    const keys = { publickey: [file('forged.pem', rsa.pem + p256.pem + ed25519.pem)] };
    expect(await judged(keys, token)).toBe(401);
  });
});

describe('claims', () => {
  const issued = { ...ADMIN, iss: 'me', aud: 'server' };

  test.each<[string, object, Partial<Config['auth']>, number]>([
    ['no exp', { role: 'admin' }, {}, 401],
    ['an exp that is text', { role: 'admin', exp: String(expiring(1_000)) }, {}, 401],
    ['an exp in the past', { exp: expiring(-2) }, { leewayMs: 0 }, 401],
    ['an exp in the past, within the default leeway', { exp: expiring(-50) }, {}, 200],
    ['an exp beyond the default leeway', { exp: expiring(-61) }, {}, 401],
    ['an nbf in the future, within the default leeway', { ...ADMIN, nbf: expiring(50) }, {}, 200],
    ['an exp in the past, within the leeway', { exp: expiring(-60) }, { leewayMs: 600_000 }, 200],
    ['an exp beyond the leeway', { exp: expiring(-60) }, { leewayMs: 59_000 }, 401],
    ['an nbf in the future', { ...ADMIN, nbf: expiring(500) }, {}, 401],
    ['an nbf in the future, within the leeway', { ...ADMIN, nbf: expiring(500) }, { leewayMs: 600_000 }, 200],
    ['no issuer where one is required', ADMIN, { iss: 'me' }, 401],
    ['another issuer', { ...ADMIN, iss: 'you' }, { iss: 'me' }, 401],
    ['the issuer', issued, { iss: 'me' }, 200],
    ['any issuer where none is required', { ...ADMIN, iss: 'you' }, {}, 200],
    ['no audience where one is required', ADMIN, { aud: 'server' }, 401],
    ['another audience', { ...ADMIN, aud: ['a', 'b'] }, { aud: 'server' }, 401],
    ['the audience among others', { ...ADMIN, aud: ['a', 'server'] }, { aud: 'server' }, 200],
    ['issuer and audience', issued, { iss: 'me', aud: 'server' }, 200],
  ])('with %s', async (_, claims, options, expected) => {
    const publickey = [file('claims.pem', p256.pem)];
    expect(await judged({ publickey, ...options }, p256.token(claims as Record<string, unknown>))).toBe(expected);
    // The same rules apply to unsigned tokens.
    const token = `${unsigned(claims as Record<string, unknown>, { alg: 'none' })}.`;
    expect(await judged({ publickey: ['none'], ...options }, token)).toBe(expected);
  });

  test('that were valid are refused when the token expires', async () => {
    const auth = await start({ publickey: [file('late.pem', p256.pem)], leewayMs: 1_000 });
    const exp = expiring(100);
    const token = p256.token({ role: 'admin', exp });
    expect(await statusOf(auth.authenticate(token))).toBe(200);
    clock.at = exp * 1000 + 999;
    expect(await statusOf(auth.authenticate(token))).toBe(200);
    clock.at = exp * 1000 + 1_000;
    expect(await statusOf(auth.authenticate(token))).toBe(401);
    clock.at = null;
  });
});

describe('a key set at a URL', () => {
  let issuer: KeySetServer;
  const auths: Auth[] = [];
  beforeAll(async () => {
    issuer = await KeySetServer.start();
  });
  afterAll(async () => {
    await Promise.all(auths.map((auth) => auth.stop()));
    issuer.stop();
  });

  async function startRemote(): Promise<Auth> {
    issuer.fetched = 0;
    const auth = await start({ jwksUrl: issuer.url, jwksRefreshMs: 50 * 60_000 });
    auths.push(auth);
    return auth;
  }

  const named = (signer: Signer, kid: string, algorithm = 'ES256') => signer.token(ADMIN, algorithm, { kid });

  test('serves keys of every kind, selected by key id, and ignores keys that cannot be used', async () => {
    issuer.serve(
      { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
      { kty: 'RSA', kid: 'broken' },
      stranger.jwk({ kid: 'encrypts', use: 'enc' }),
      rsa.jwk({ kid: 'r', use: 'sig', alg: 'RS256' }),
      p256.jwk({ kid: 'e' }),
      ed25519.jwk({ kid: 'o' }),
    );
    const auth = await startRemote();
    const status = (token: string) => statusOf(auth.authenticate(token));
    expect(await status(named(rsa, 'r', 'RS256'))).toBe(200);
    expect(await status(named(p256, 'e'))).toBe(200);
    expect(await status(named(ed25519, 'o', 'EdDSA'))).toBe(200);
    expect(await status(p256.token(ADMIN))).toBe(200);
    // The set says RS256.
    expect(await status(named(rsa, 'r', 'PS256'))).toBe(401);
    expect(await status(named(p256, 'r'))).toBe(401);
    expect(await status(named(stranger, 'encrypts'))).toBe(401);
    const text = unsigned(ADMIN, { alg: 'HS256', kid: 'secret' });
    expect(await status(`${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}`)).toBe(401);
  });

  test('is fetched again for an unknown key id, but not for each one', async () => {
    issuer.serve(p256.jwk({ kid: '1' }));
    const auth = await startRemote();
    expect(await statusOf(auth.authenticate(named(p256, '1')))).toBe(200);
    issuer.serve(p384.jwk({ kid: '2' }));
    const answers = [1, 2, 3].map((n) =>
      statusOf(auth.authenticate(p384.token({ ...ADMIN, n }, 'ES384', { kid: '2' }))),
    );
    expect(await Promise.all(answers)).toEqual([200, 200, 200]);
    expect(issuer.fetched).toBe(2);
    for (let n = 0; n < 50; n++) expect(await statusOf(auth.authenticate(named(stranger, `no ${n}`)))).toBe(401);
    expect(issuer.fetched).toBe(2);
    // The key was revoked, so a token that was verified before is refused.
    expect(await statusOf(auth.authenticate(named(p256, '1')))).toBe(401);
  });

  test('that cannot be fetched causes a 503 for every token until it can', async () => {
    issuer.answer = (response) => response.writeHead(500).end();
    const auth = await startRemote();
    expect(await statusOf(auth.authenticate(named(p256, '1')))).toBe(503);
    expect(await statusOf(auth.authenticate('nonsense'))).toBe(401);
  });

  test.each<[string, KeySetServer['answer']]>([
    ['closes the connection', (response) => response.destroy()],
    ['redirects', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['sends no key set', (response) => response.end('{"keys":{}}')],
    ['sends no JSON', (response) => response.end('<html>')],
    ['sends no usable key', (response) => response.end('{"keys":[{"kty":"oct","k":"AAAA"}]}')],
    ['sends too much', (response) => response.end(`{"keys":[],"x":"${'x'.repeat(600_000)}"}`)],
  ])('keeps its last keys while its server %s', async (_, answer) => {
    issuer.serve(p256.jwk({ kid: '1' }));
    const auth = await startRemote();
    issuer.answer = answer;
    expect(await statusOf(auth.authenticate(named(stranger, 'other')))).toBe(401);
    expect(issuer.fetched).toBe(2);
    expect(await statusOf(auth.authenticate(named(p256, '1')))).toBe(200);
  });
});

test.each([
  ['Bearer abc', 'abc'],
  ['bearer  abc ', 'abc'],
  ['Basic abc', undefined],
  ['Bearer', undefined],
  ['Bearer a b', undefined],
  [undefined, undefined],
])('the token of the header %j is %j', (header, token) => {
  expect(bearerToken(header)).toBe(token);
});
