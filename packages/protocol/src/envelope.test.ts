import { describe, expect, test } from '@jest/globals';
import { checkRequest, openEnvelope, sealEnvelope, type Kind } from './index.ts';

const HEAD = { corrId: 'c1', version: '2026-04-01' };

function open(body: unknown) {
  return openEnvelope(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

describe('openEnvelope', () => {
  test('a complete envelope is accepted; unknown head keys are ignored', () => {
    const opened = open({
      kind: 'promise.get',
      head: { ...HEAD, auth: 't', 'resonate:origin': 'x' },
      data: { id: 'a' },
      more: 1,
    });
    expect(opened).toEqual({
      ok: true,
      envelope: { kind: 'promise.get', head: { ...HEAD, auth: 't' }, data: { id: 'a' } },
    });
  });

  test.each([
    ['not JSON', '{', 'unknown', '0'],
    ['an array', [], 'unknown', '0'],
    ['kind missing', { head: HEAD, data: {} }, 'unknown', 'c1'],
    ['kind of the wrong type', { kind: 7, head: HEAD, data: {} }, 'unknown', 'c1'],
    ['kind empty', { kind: '', head: HEAD, data: {} }, '', 'c1'],
    ['head missing', { kind: 'k', data: {} }, 'k', '0'],
    ['corrId missing', { kind: 'k', head: { version: '2026-04-01' }, data: {} }, 'k', '0'],
    ['another version', { kind: 'k', head: { corrId: 'c1', version: '1' }, data: {} }, 'k', 'c1'],
    ['data a string', { kind: 'k', head: HEAD, data: 'x' }, 'k', 'c1'],
    ['data missing', { kind: 'k', head: HEAD }, 'k', 'c1'],
    [
      'a lone surrogate',
      '{"kind":"k","head":{"corrId":"c1","version":"2026-04-01"},"data":{"id":"\\ud800"}}',
      'unknown',
      '0',
    ],
    ['deeper than 64 levels', `{"kind":"k","data":${'['.repeat(70)}${']'.repeat(70)}}`, 'unknown', '0'],
  ])('%s is refused with what could be read', (_name, body, kind, corrId) => {
    const opened = open(body);
    expect(opened).toMatchObject({ ok: false, echo: { kind, corrId }, reply: { status: 400 } });
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(openEnvelope(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({ ok: false, reply: { status: 400 } });
  });

  test('an answer carries kind, corrId and status', () => {
    expect(JSON.parse(sealEnvelope({ kind: 'k', corrId: 'c' }, { status: 404, data: 'no' }))).toEqual({
      kind: 'k',
      head: { corrId: 'c', status: 404, version: '2026-04-01' },
      data: 'no',
    });
  });
});

describe('checkRequest', () => {
  test.each<[Kind, unknown, RegExp]>([
    ['promise.get', {}, /id is required/],
    ['promise.get', { id: '' }, /^Promise ID is required$/],
    ['task.get', { id: '' }, /^Invalid request: id must not be empty$/],
    ['promise.create', { id: 'a', timeoutAt: 1, param: { data: 7 } }, /^Invalid request: param.data must be a string$/],
    ['promise.get', { id: 7 }, /id must be a string/],
    ['promise.get', { id: 'a\u0000' }, /NUL/],
    ['promise.create', { id: 'a' }, /timeoutAt is required/],
    ['promise.create', { id: 'a', timeoutAt: 'soon' }, /timeoutAt must be an integer/],
    ['task.release', { id: 'a', version: 1.5 }, /version must be an integer/],
    ['promise.create', { id: 'a', timeoutAt: -1 }, /^TimeoutAt must be a non-negative integer$/],
    ['promise.create', { id: 'a', timeoutAt: 1, tags: { a: 1 } }, /map strings to strings/],
    [
      'promise.create',
      { id: 'a', timeoutAt: 1, tags: { 'resonate:target': 'nowhere' } },
      /^Invalid resonate:target address: "nowhere"$/,
    ],
    ['promise.settle', { id: 'a', state: 'pending' }, /state must be one of/],
    ['promise.register_callback', { awaited: 'a', awaiter: 'a' }, /different/],
    ['promise.register_listener', { awaited: 'a', address: 'poll://uni@g' }, /^Invalid listener address: /],
    ['promise.search', { limit: 1001 }, /^Invalid 'limit' — must be between 1 and 1000$/],
    [
      'task.create',
      { pid: 'p', ttl: 1, action: { kind: 'promise.create', data: { id: 'a', timeoutAt: 1 } } },
      /resonate:target/,
    ],
    ['task.acquire', { id: 'a', version: 0, pid: 'p', ttl: 0 }, /^TTL must be a positive integer$/],
    ['task.suspend', { id: 'a', version: 1, actions: [] }, /^Actions array cannot be empty$/],
    [
      'task.fence',
      { id: 'a', version: 1, action: { kind: 'promise.get', data: { id: 'b' } } },
      /^Invalid fence action kind: /,
    ],
    [
      'schedule.create',
      { id: 's', cron: 'x', promiseId: 'p', promiseTimeout: 1 },
      /^Invalid cron expression: it must have 5 fields/,
    ],
  ])('%s %j is refused', (kind, data, message) => {
    const checked = checkRequest(kind, data);
    expect(checked).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });

  test.each<[Kind, Record<string, unknown>]>([
    ['task.suspend', { id: 'a', version: 1, actions: Array.from({ length: 50_000 }, () => ({ kind: 'promise.get' })) }],
    ['task.heartbeat', { pid: 'p', tasks: Array.from({ length: 50_000 }, () => 0) }],
  ])('%s with 50,000 malformed entries is refused after few of them', (kind, data) => {
    const list = Object.values(data).find(Array.isArray);
    let read = 0;
    const counted = new Proxy(list ?? [], {
      get: (entries, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) read += 1;
        return Reflect.get(entries, key, receiver) as unknown;
      },
    });
    const name = kind === 'task.suspend' ? 'actions' : 'tasks';
    const checked = checkRequest(kind, { ...data, [name]: counted });
    expect(checked).toMatchObject({ ok: false, message: expect.stringContaining(`${name}.0`) });
    expect(read).toBeLessThanOrEqual(100);
  });

  test('null for an optional field reads as absent', () => {
    const checked = checkRequest('promise.create', {
      id: 'a',
      timeoutAt: 5,
      param: { data: null, headers: null },
      tags: null,
    });
    expect(checked).toEqual({
      ok: true,
      request: { kind: 'promise.create', data: { id: 'a', timeoutAt: 5, param: {}, tags: {} } },
    });
  });

  test('a key like __proto__ in tags is kept', () => {
    const tags = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    const checked = checkRequest('promise.create', { id: 'a', timeoutAt: 5, tags });
    expect(JSON.stringify(checked.ok && checked.request.data)).toContain('"__proto__":"x"');
  });

  test('a fraction of a millisecond in timeoutAt is rounded up', () => {
    const checked = checkRequest('promise.create', { id: 'a', timeoutAt: 1.5 });
    expect(checked).toMatchObject({ ok: true, request: { data: { timeoutAt: 2 } } });
  });

  test('times beyond the exact range of JSON numbers are clamped, not refused', () => {
    const checked = checkRequest('promise.create', { id: 'a', timeoutAt: 2 ** 63 });
    expect(checked).toMatchObject({ ok: true, request: { data: { timeoutAt: Number.MAX_SAFE_INTEGER } } });
  });
});
