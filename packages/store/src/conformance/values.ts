import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { PromiseRecord } from '@resonate/protocol';
import type { Store } from '../store.ts';
import { FAR, openForAll, promiseCreate, send, sendOk, settle, type DialectUnderTest } from './under-test.ts';

/** What is stored comes back as it was. */
export function valuesConformance(under: DialectUnderTest): void {
  describe('values', () => {
    let store: Store;
    openForAll(under, (opened) => ({ store } = opened));

    async function stored(id: string): Promise<PromiseRecord> {
      return (await sendOk<{ promise: PromiseRecord }>(store, 'promise.get', { id })).promise;
    }

    test('of 1 MiB come back whole', async () => {
      const param = { headers: { a: 'b' }, data: '"\\ü€😀'.repeat(150_000) };
      expect(Buffer.byteLength(param.data)).toBeGreaterThan(1 << 20);
      await sendOk(store, 'promise.create', { ...promiseCreate('large'), param });
      await sendOk(store, 'promise.settle', { ...settle('large'), value: param });
      expect(await stored('large')).toMatchObject({ state: 'resolved', param, value: param });
    });

    test.each([
      ['quotes and backslashes', `'";\\ \\n \\' $1 ? \${x} -- /* */ {"a":"\\"}`],
      ['control characters', '\u0000\u0001\n\r\t\b\u001a\u007f\u2028'],
      ['characters of 4 bytes', '😀𐍈\u{10ffff}'],
      ['halves of characters', '\ud83d and \ude00'],
      ['nothing', ''],
    ])('with %s come back as they were', async (what, text) => {
      const header = text.replaceAll('\0', '');
      const param = { headers: { [header]: header }, data: text };
      await sendOk(store, 'promise.create', { ...promiseCreate(`value ${what}`), param });
      expect((await stored(`value ${what}`)).param).toEqual(param);
    });

    test('that are absent stay absent', async () => {
      await sendOk(store, 'promise.create', { id: 'bare', timeoutAt: FAR });
      const { createdAt, ...bare } = await stored('bare');
      expect(createdAt).toBeGreaterThan(0);
      expect(bare).toEqual({ id: 'bare', state: 'pending', param: {}, value: {}, tags: {}, timeoutAt: FAR });
    });

    test('keep the order in which keys were sent', async () => {
      const tags = { z: '1', a: '2', m: '3' };
      await sendOk(store, 'promise.create', promiseCreate('ordered', tags));
      expect(Object.keys((await stored('ordered')).tags)).toEqual(['z', 'a', 'm']);
    });

    test('hold the largest integer that JSON carries', async () => {
      const timeoutAt = Number.MAX_SAFE_INTEGER;
      await sendOk(store, 'promise.create', promiseCreate('eternal', {}, timeoutAt));
      expect(await stored('eternal')).toMatchObject({ state: 'pending', timeoutAt });
    });

    test.each([
      [`it's "quoted" \\ {a,b} NULL`, `it's "quoted" \\\\ {a,b} NULL`],
      ['a%_b', 'a%%b'],
      [' ', '  '],
      ['trailing', 'trailing '],
      ['UPPER', 'upper'],
      ['é', 'e\u0301'],
      ['😀', '😁'],
      ['\n', '\r\n'],
    ])('are found under the id %j, and others under %j', async (...ids) => {
      for (const id of ids) await sendOk(store, 'promise.create', { ...promiseCreate(id), param: { data: id } });
      for (const id of ids) expect(await stored(id)).toMatchObject({ id, param: { data: id } });
    });

    test('with ids of any length are accepted or refused, each request by itself', async () => {
      const random = (length: number) => randomBytes(length).toString('hex').slice(0, length);
      const requests = [100, 255, 256, 1_300, 1_400, 3_000, 20_000].flatMap((length) => {
        const [id, other] = [random(length), random(20)];
        return [
          { id, kind: 'promise.create' as const, data: promiseCreate(id) },
          {
            id: other,
            kind: 'promise.create' as const,
            data: promiseCreate(other, { 'resonate:origin': random(length) }),
          },
        ];
      });
      const replies = await Promise.all(requests.map(({ kind, data }) => send(store, kind, data)));
      for (const [index, { status }] of replies.entries()) {
        expect([200, 400]).toContain(status);
        const found = await send(store, 'promise.get', { id: requests[index]!.id });
        expect(found.status).not.toBe(status === 200 ? 404 : 200);
      }
      expect(replies.slice(0, 4).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });

    test('with many tags, also long and similar ones, come back', async () => {
      const long = 'x'.repeat(500);
      const tags: Record<string, string> = { [`${long}1`]: long, [`${long}2`]: long };
      for (let index = 0; index < 50; index++) tags[`tag ${index}`] = `value ${index}`;
      await sendOk(store, 'promise.create', promiseCreate('tagged', tags));
      expect((await stored('tagged')).tags).toEqual(tags);
    });
  });
}
