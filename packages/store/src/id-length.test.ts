import { describe, expect, test } from '@jest/globals';
import { checkRequest, type Kind } from '@resonate/protocol';
import { overlong } from './id-length.ts';

const MAX = 255;
const fits = '😀'.repeat(MAX);
const long = `${fits}x`;
const target = 'poll://any@workers';

function check(kind: Kind, data: unknown): string | null {
  const checked = checkRequest(kind, data);
  if (!checked.ok) throw new Error(checked.message);
  return overlong(checked.request, MAX);
}

const create = (id: string, tags: Record<string, string> = {}) => ({ id, timeoutAt: 1, param: {}, tags });
const callback = (awaited: string, awaiter: string) => ({
  kind: 'promise.register_callback',
  head: {},
  data: { awaited, awaiter },
});
const fulfill = (...steps: object[]) => ({
  id: 'a',
  version: 1,
  action: { kind: 'promise.settle', data: { id: 'a', state: 'resolved' } },
  steps,
});
const schedule = (id: string, promiseId: string, promiseTags = {}) => ({
  id,
  cron: '* * * * *',
  promiseId,
  promiseTimeout: 1,
  promiseParam: {},
  promiseTags,
});

describe('a text that is too long for the key columns', () => {
  test.each<[Kind, string, (id: string) => unknown]>([
    ['promise.get', 'id', (id) => ({ id })],
    ['promise.create', 'id', (id) => create(id)],
    ['promise.create', 'resonate:origin', (id) => create('a', { 'resonate:origin': id })],
    ['promise.create', 'resonate:branch', (id) => create('a', { 'resonate:branch': id })],
    ['promise.register_callback', 'awaited', (id) => ({ awaited: id, awaiter: 'b' })],
    ['promise.register_callback', 'awaiter', (id) => ({ awaited: 'a', awaiter: id })],
    ['task.create', 'id', (id) => taskCreate(id)],
    ['task.suspend', 'awaited', (id) => ({ id: 'a', version: 1, actions: [callback('b', 'a'), callback(id, 'a')] })],
    ['task.fence', 'id', (id) => ({ id: 'a', version: 1, action: { kind: 'promise.create', data: create(id) } })],
    ['task.fulfill', 'id', (id) => fulfill({ create: create(id), settle: { id, state: 'resolved' } })],
    [
      'task.fulfill',
      'resonate:parent',
      (id) => fulfill({ create: create('b', { 'resonate:parent': id }), settle: { id: 'b', state: 'resolved' } }),
    ],
    [
      'task.heartbeat',
      'id',
      (id) => ({
        pid: 'p',
        tasks: [
          { id: 'a', version: 1 },
          { id, version: 1 },
        ],
      }),
    ],
    ['schedule.create', 'id', (id) => schedule(id, 'x')],
    ['schedule.create', 'resonate:branch', (id) => schedule('a', 'x', { 'resonate:branch': id })],
  ])('in %s is refused, and the error names %s', (kind, name, data) => {
    expect(check(kind, data(fits))).toBeNull();
    expect(check(kind, data(long))).toBe(`${name} must not be longer than 255 characters on this store`);
  });

  test('is refused as an address of a listener or a task', () => {
    const address = (length: number) => 'http://host/'.padEnd(length, 'x');
    const listener = (length: number) => ({ awaited: 'a', address: address(length) });
    expect(check('promise.register_listener', listener(MAX))).toBeNull();
    expect(check('promise.register_listener', listener(MAX + 1))).toMatch(/^address/);
    const tags = (length: number) => create('a', { 'resonate:target': address(length) });
    expect(check('promise.create', tags(MAX))).toBeNull();
    expect(check('promise.create', tags(MAX + 1))).toMatch(/^resonate:target/);
  });

  test('is refused as an id that a schedule will create', () => {
    const id = 'x'.repeat(120);
    expect(check('schedule.create', schedule(id, '{{.id}}.{{.timestamp}}'))).toBeNull();
    expect(check('schedule.create', schedule(id, '{{.id}}.{{.id}}.{{.timestamp}}'))).toMatch(/^promiseId/);
  });

  test('is accepted as a value, as another tag and as the id of a process', () => {
    expect(
      check('promise.create', { ...create('a', { mine: long }), param: { headers: { id: long }, data: long } }),
    ).toBeNull();
    expect(check('task.acquire', { id: 'a', version: 1, pid: long, ttl: 1 })).toBeNull();
  });
});

function taskCreate(id: string) {
  return {
    pid: 'p',
    ttl: 1,
    action: { kind: 'promise.create', head: {}, data: create(id, { 'resonate:target': target }) },
  };
}

test('an address whose target is too long for its column is refused', () => {
  // Each of these characters takes nine bytes, percent-encoded.
  const group = (length: number) => `poll://any@${'漢'.repeat(length)}`;
  expect(check('promise.create', create('a', { 'resonate:target': group(113) }))).toBeNull();
  expect(check('promise.create', create('a', { 'resonate:target': group(114) }))).toMatch(
    /^resonate:target must not name/,
  );
  expect(check('promise.register_listener', { awaited: 'a', address: group(114) })).toMatch(/^address must not name/);
});
