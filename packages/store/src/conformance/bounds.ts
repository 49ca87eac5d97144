import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import { openEmptied, promiseCreate, registerCallback, send, sendOk, settle, taskCreate } from './under-test.ts';
import type { DialectUnderTest } from './under-test.ts';

/** Bytes of an id, an address, the target of an address, or a lineage tag. */
const KEY = 1_280;
/** Digits of the largest time. */
const TIME = 16;
const LINEAGE = ['resonate:origin', 'resonate:branch', 'resonate:parent', 'resonate:schedule'];

/** Size limits of what is created: a store accepts everything up to the limits, and every operation works with it. */
export function boundsConformance(under: DialectUnderTest): void {
  describe('size limits', () => {
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ dialect, store } = opened));

    /** The maximum length of a key on this store. */
    const key = () => Math.min(KEY, dialect.maxIdLength ?? KEY);
    /** A random text, which a database cannot compress. */
    const odd = (size: number, start = '') =>
      start +
      randomBytes(size)
        .toString('base64url')
        .slice(0, size - start.length);

    const schedule = (id: string, promiseId: string) => {
      return { id, cron: '0 0 1 1 *', promiseId, promiseTimeout: 60_000, promiseParam: {}, promiseTags: {} };
    };
    const create = (tags: Record<string, string>) => ['promise.create', promiseCreate(odd(20), tags)] as const;
    const listener = (address: string) => ['promise.register_listener', { awaited: 'there', address }] as const;

    interface Case {
      name: string;
      request(size: number): readonly [kind: string, data: unknown];
      /** The largest that is accepted. */
      most(): number;
    }

    const CASES: Case[] = [
      { name: 'the id of a promise', most: key, request: (size) => ['promise.create', promiseCreate(odd(size))] },
      { name: 'the id of a task', most: key, request: (size) => ['task.create', taskCreate(odd(size), 'me')] },
      {
        name: 'the process that holds a task',
        most: () => KEY,
        request: (size) => ['task.create', taskCreate(odd(20), odd(size))],
      },
      { name: 'the id of a schedule', most: key, request: (size) => ['schedule.create', schedule(odd(size), 'run')] },
      { name: 'an http address', most: key, request: (size) => listener(odd(size, 'http://host/')) },
      { name: 'the group of an address', most: key, request: (size) => listener(odd(size, 'poll://any@')) },
      {
        name: 'the target of a task',
        most: key,
        request: (size) => create({ 'resonate:target': odd(size, 'http://host/') }),
      },
      ...LINEAGE.map((tag) => ({ name: tag, most: key, request: (size: number) => create({ [tag]: odd(size) }) })),
      { name: 'the name of a tag', most: () => KEY, request: (size) => create({ [odd(size)]: 'x' }) },
      { name: 'the value of a tag', most: () => 65_536, request: (size) => create({ mine: odd(size) }) },
      {
        name: 'the number of tags',
        most: () => 256,
        request: (size) =>
          create(Object.fromEntries(Array.from({ length: size }, (_, index) => [`tag ${index}`, 'x']))),
      },
      { name: 'the template of ids', most: key, request: (size) => ['schedule.create', schedule('s', odd(size))] },
      {
        name: 'a template with the id of its schedule',
        most: () => Math.floor(key() / 10) * 10,
        request: (size) => ['schedule.create', schedule(odd(Math.ceil(size / 10)), '{{.id}}'.repeat(10))],
      },
      {
        name: 'a template with the time of a run',
        most: () => key(),
        request: (size) => ['schedule.create', schedule('s', odd(size - TIME) + '{{.timestamp}}')],
      },
    ];

    test.each(CASES)('accept the largest and refuse anything larger: $name', async ({ request, most }) => {
      await sendOk(store, 'promise.create', promiseCreate('there'));
      const above = await send(store, ...request(most() + 1));
      expect({ ...above, data: typeof above.data }).toEqual({ status: 400, data: 'string' });
      expect((await dialect.dump()).promises).toHaveLength(1);
      expect(await send(store, ...request(most()))).toMatchObject({ status: 200 });
    });

    test('allow operations on two keys that both have full length', async () => {
      const [id, awaited, branch] = [odd(key()), odd(key()), odd(key())];
      const target = odd(key(), 'http://host/');
      const lineage = Object.fromEntries(LINEAGE.map((tag) => [tag, branch]));
      const tags = { ...lineage, 'resonate:target': target, [odd(KEY)]: odd(65_536) };
      await sendOk(store, 'promise.create', promiseCreate(awaited, lineage));
      await sendOk(store, 'promise.register_listener', { awaited, address: odd(key(), 'http://host/') });
      const task = taskCreate(id, 'me');
      task.action.data.tags = tags;
      await sendOk(store, 'task.create', task);
      await sendOk(store, 'task.suspend', { id, version: 1, actions: [registerCallback(id, awaited)] });
      await sendOk(store, 'promise.settle', settle(awaited));
      expect(await sendOk(store, 'task.acquire', { id, version: 1, pid: 'me', ttl: 60_000 })).toMatchObject({
        preload: [{ id: awaited }],
      });
      const found = await sendOk<{ promises: { id: string }[] }>(store, 'promise.search', { tags });
      expect(found.promises.map((promise) => promise.id)).toEqual([id]);
      const claim = {
        transport: 'http',
        targets: [{ target: 'http://host', limit: 5 }],
        preferred: [],
        graceMs: 0,
      } as const;
      expect((await store.outbox.claim(claim)).unblocks).toHaveLength(1);
    });
  });
}
