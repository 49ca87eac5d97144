import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RequestGenerator } from '@resonate/testkit';
import { HttpClient, type RpcAnswer } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { FAR_FUTURE, populate, stateOf } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** The answer to each malformed request. No malformed request changes anything (protocol sections 1 and 3). */

const VERSION = '2026-04-01';
const UNREADABLE = { kind: 'unknown', corrId: '0' };
const CREATE = { kind: 'promise.create', corrId: 'c-1' };

/** A request that would create a promise, with some parts of its envelope replaced. `undefined` leaves a part out. */
function creation(parts: Record<string, unknown>): string {
  const data = { id: 'new', timeoutAt: FAR_FUTURE };
  return JSON.stringify({ kind: CREATE.kind, head: { corrId: CREATE.corrId, version: VERSION }, data, ...parts });
}

function head(parts: Record<string, unknown>): string {
  return creation({ head: { corrId: CREATE.corrId, version: VERSION, ...parts } });
}

function data(parts: Record<string, unknown>): string {
  return creation({ data: { id: 'new', timeoutAt: FAR_FUTURE, ...parts } });
}

type Case = [name: string, body: string | Buffer, echo: { kind: string; corrId: string }];

const VALID = creation({});

const NOT_JSON: Case[] = [
  ['no body', '', UNREADABLE],
  ['text', 'hello', UNREADABLE],
  ['half of a request', VALID.slice(0, VALID.length / 2), UNREADABLE],
  ['a request and more', `${VALID}}`, UNREADABLE],
  ['two requests', `${VALID}${VALID}`, UNREADABLE],
  ['a byte order mark', `\ufeff${VALID}`, UNREADABLE],
  ['UTF-16', Buffer.from(VALID, 'utf16le'), UNREADABLE],
  ['invalid UTF-8', Buffer.from(VALID.replace('new', 'n\xff\xfew'), 'latin1'), UNREADABLE],
  ['an overlong UTF-8 sequence', Buffer.from(VALID.replace('new', 'n\xc0\xafw'), 'latin1'), UNREADABLE],
  ['NaN for a number', VALID.replace(String(FAR_FUTURE), 'NaN'), UNREADABLE],
  ['a raw NUL in a string', VALID.replace('new', 'n\u0000w'), UNREADABLE],
  ['100,000 open brackets', '['.repeat(100_000), UNREADABLE],
];

const NOT_AN_ENVELOPE: Case[] = [
  ['null', 'null', UNREADABLE],
  ['true', 'true', UNREADABLE],
  ['a number', '42', UNREADABLE],
  ['a string', JSON.stringify(VALID), UNREADABLE],
  ['a list with a request', `[${VALID}]`, UNREADABLE],
  ['an empty object', '{}', UNREADABLE],
  ['100,000 nested lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, UNREADABLE],
  ['10,000 nested objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, UNREADABLE],
  ['kind missing', creation({ kind: undefined }), { ...CREATE, kind: 'unknown' }],
  ['kind null', creation({ kind: null }), { ...CREATE, kind: 'unknown' }],
  ['kind a number', creation({ kind: 1 }), { ...CREATE, kind: 'unknown' }],
  ['kind a list', creation({ kind: ['promise.create'] }), { ...CREATE, kind: 'unknown' }],
  [
    'kind only as a prototype',
    creation({ kind: undefined }).replace('{', '{"__proto__":{"kind":"promise.create"},'),
    {
      ...CREATE,
      kind: 'unknown',
    },
  ],
  ['kind empty', creation({ kind: '' }), { ...CREATE, kind: '' }],
  ['head missing', creation({ head: undefined }), { ...CREATE, corrId: '0' }],
  ['head null', creation({ head: null }), { ...CREATE, corrId: '0' }],
  ['head a string', creation({ head: 'c-1' }), { ...CREATE, corrId: '0' }],
  ['head a list', creation({ head: [] }), { ...CREATE, corrId: '0' }],
  ['corrId missing', head({ corrId: undefined }), { ...CREATE, corrId: '0' }],
  ['corrId null', head({ corrId: null }), { ...CREATE, corrId: '0' }],
  ['corrId a number', head({ corrId: 7 }), { ...CREATE, corrId: '0' }],
  ['version missing', head({ version: undefined }), CREATE],
  ['version a number', head({ version: 20260401 }), CREATE],
  ['version an older one', head({ version: '2025-01-01' }), CREATE],
  ['version empty', head({ version: '' }), CREATE],
  ['data missing', creation({ data: undefined }), CREATE],
  ['data null', creation({ data: null }), CREATE],
  ['data a string', creation({ data: 'id' }), CREATE],
  ['data a list', creation({ data: [] }), CREATE],
  ['data a number', creation({ data: 1 }), CREATE],
];

const UNKNOWN_KINDS: Case[] = [
  'promise',
  'promise.',
  'promise.nope',
  'Promise.create',
  'toString',
  '__proto__',
  '💥',
].map((kind) => [`kind ${kind}`, creation({ kind }), { ...CREATE, kind }]);

const BAD_TEXT_AND_NUMBERS: Case[] = [
  ['a lone surrogate in the id', VALID.replace('new', 'n\\ud800w'), UNREADABLE],
  ['a lone surrogate in the corrId', VALID.replace('c-1', '\\udfff'), UNREADABLE],
  ['a lone surrogate in a key', data({ tags: { KEY: '' } }).replace('KEY', '\\uD83D'), UNREADABLE],
  ['surrogates in the wrong order', VALID.replace('new', '\\udca5\\ud83d'), UNREADABLE],
  ['a NUL in the id', data({ id: 'n\u0000w' }), CREATE],
  ['a NUL in a tag', data({ tags: { team: 'r\u0000d' } }), CREATE],
  ['a time beyond all numbers', VALID.replace(String(FAR_FUTURE), '1e999'), CREATE],
  ['a time beyond 64 bits', data({ timeoutAt: 1e19 }), CREATE],
  ['a negative time beyond 64 bits', data({ timeoutAt: -1e19 }), CREATE],
  ['a time as text', data({ timeoutAt: '9' }), CREATE],
  ['data 100 levels deep', data({ param: nested(100) }), UNREADABLE],
  ['a wrong time in resonate:debug_time', head({ 'resonate:debug_time': -1 }), CREATE],
  ['text in resonate:debug_time', head({ 'resonate:debug_time': 'now' }), CREATE],
];

function nested(levels: number): unknown {
  return levels === 0 ? null : [nested(levels - 1)];
}

describe('a debug server', () => {
  let server: ServerProcess;
  let client: HttpClient;
  let before: unknown;

  beforeAll(async () => {
    server = await ServerProcess.start({ args: ['--debug'] });
    client = new HttpClient(server.url);
    await populate(client);
  });

  beforeEach(async () => {
    before = await stateOf(client);
  });

  afterAll(async () => {
    client?.close();
    await server?.dispose();
  });

  async function refused(body: string | Buffer): Promise<RpcAnswer> {
    const answer = await client.post(body);
    expect(await stateOf(client)).toEqual(before);
    return answer;
  }

  test.each([...NOT_JSON, ...NOT_AN_ENVELOPE, ...UNKNOWN_KINDS, ...BAD_TEXT_AND_NUMBERS])(
    'answers 400 to %s and changes nothing',
    async (_name, body, echo) => {
      const answer = await refused(body);
      expect(answer).toMatchObject({ status: 400, ...echo });
      expect(answer.data).not.toBe('');
    },
  );

  test('answers 400 to 400 random violations of the rules, and changes nothing', async () => {
    const generator = new RequestGenerator({ seed: 3, invalidShare: 1, startAt: Date.now() });
    const kinds = new Set<string>();
    for (let count = 0; count < 400; count++) {
      const { kind, data } = generator.next();
      kinds.add(kind);
      const { status, data: message } = await client.rpc(kind, data);
      expect({ kind, data, status, message }).toEqual({ kind, data, status: 400, message: expect.any(String) });
    }
    expect(await stateOf(client)).toEqual(before);
    expect(kinds.size).toBeGreaterThan(15);
  });

  test('names the violated rule in its message', async () => {
    const messages = await Promise.all(
      [data({ id: '' }), data({ timeoutAt: -1 }), data({ tags: { 'resonate:target': 'nowhere' } })].map(refused),
    );
    expect(messages.map((answer) => String(answer.data))).toEqual([
      'Promise ID is required',
      'TimeoutAt must be a non-negative integer',
      expect.stringContaining('resonate:target'),
    ]);
  });

  test('accepts unusual requests that violate no rule, and returns their values unchanged', async () => {
    const id = 'ünï/cödé 💥 \u2028 root:0.%00';
    const param = { headers: { '': '', constructor: '"', __proto__x: '\\' }, data: 'a\u0000b\ud83d\udca5' };
    const tags = { constructor: 'x', 'a b': '\u0001' };
    const body = JSON.stringify({
      kind: 'promise.create',
      head: { corrId: '', version: VERSION, 'resonate:origin': { any: [1] }, auth: 7 },
      data: { id, timeoutAt: FAR_FUTURE, param, tags, more: [null] },
      extra: true,
    });
    const created = await client.post(body, { 'content-type': 'text/plain' });
    expect(created).toMatchObject({ status: 200, kind: 'promise.create', corrId: '' });
    const { data: found } = await client.rpc('promise.get', { id });
    expect(found).toEqual({
      promise: { id, state: 'pending', param, value: {}, tags, timeoutAt: FAR_FUTURE, createdAt: expect.any(Number) },
    });
  });
});

describe('a server without --debug', () => {
  let server: ServerProcess;
  let client: HttpClient;

  beforeAll(async () => {
    server = await ServerProcess.start({ command: 'dev' });
    client = new HttpClient(server.url);
  });

  afterAll(async () => {
    client?.close();
    await server?.dispose();
  });

  test.each(['debug.start', 'debug.stop', 'debug.reset', 'debug.snap', 'debug.tick'])(
    'answers 403 to %s',
    async (kind) => {
      await client.rpc('promise.create', { id: 'kept', timeoutAt: FAR_FUTURE });
      expect(await client.rpc(kind, kind === 'debug.tick' ? { time: FAR_FUTURE } : {})).toMatchObject({ status: 403 });
      // Clients without permission are refused before the request is checked.
      expect(await client.rpc(kind, { time: 'never' })).toMatchObject({ status: 403 });
      expect(await client.rpc('promise.get', { id: 'kept' })).toMatchObject({
        data: { promise: { state: 'pending' } },
      });
    },
  );

  test('does not let a client set the clock', async () => {
    const id = 'now';
    const { data } = await client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE }, 1_000);
    const { createdAt } = (data as { promise: { createdAt: number } }).promise;
    expect(Math.abs(createdAt - Date.now())).toBeLessThan(60_000);
    const later = await client.rpc('promise.get', { id }, FAR_FUTURE + 1);
    expect(later).toMatchObject({ data: { promise: { state: 'pending' } } });
  });
});
