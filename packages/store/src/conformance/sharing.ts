import { describe, expect, test } from '@jest/globals';
import type { PromiseRecord } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import {
  promiseCreate,
  registerCallback,
  send,
  sendOk,
  settle,
  storeOn,
  taskCreate,
  withProcesses,
  type DialectUnderTest,
} from './under-test.ts';

const ROUNDS = 40;

/** Several processes on one database at the same rows. */
export function sharingConformance(under: DialectUnderTest): void {
  describe('processes that share a database', () => {
    const withStores = (count: number, work: (stores: Store[], dialects: Dialect[]) => Promise<void>) =>
      withProcesses(under, count, (dialects) =>
        work(
          dialects.map((dialect, index) => storeOn(dialect, `process ${index}`)),
          dialects,
        ),
      );

    test('keep the batch numbers of their connections for a day', () =>
      withStores(2, async ([first, second], [dialect]) => {
        const { select, atomically } = dialect!.plain;
        const count = async (which: string) => {
          const [rows] = await select([{ sql: `SELECT COUNT(*) FROM batches WHERE ${which}`, params: [] }]);
          return Number(rows?.[0]?.[0]);
        };
        await sendOk(first!, 'promise.create', promiseCreate('a'));
        await atomically([{ sql: 'UPDATE batches SET used_at = 1', params: [] }]);
        await sendOk(second!, 'promise.create', promiseCreate('b'));
        expect([await count('used_at = 1'), await count('used_at > 1')]).toEqual([expect.any(Number), 1]);
        await first!.upkeep.analyze();
        expect(await count('used_at = 1')).toBe(0);
        expect(await count('used_at > 1')).toBeGreaterThan(0);
      }));

    test('that create the same promise at once all get the same one', () =>
      withStores(3, async (stores) => {
        for (let round = 0; round < ROUNDS; round++) {
          const ids = [0, 1, 2].map((index) => `${round}.${index}`);
          const replies = await Promise.all(
            stores.flatMap((store, writer) => {
              // Each in another order, so that they would deadlock if they locked rows in the order of arrival.
              const order = writer % 2 === 0 ? ids : ids.toReversed();
              return order.map((id) =>
                sendOk<{ promise: PromiseRecord }>(store, 'promise.create', {
                  ...promiseCreate(id, { a: 'b' }),
                  param: { data: `by ${writer}` },
                }),
              );
            }),
          );
          for (const id of ids) {
            const promises = replies.map(({ promise }) => promise).filter((promise) => promise.id === id);
            expect(promises).toEqual(promises.map(() => promises[0]));
          }
        }
      }));

    test('that create the same task at once: one gets it', () =>
      withStores(3, async (stores) => {
        for (let round = 0; round < ROUNDS; round++) {
          const replies = await Promise.all(
            stores.map((store, index) => send(store, 'task.create', taskCreate(`task ${round}`, `pid ${index}`))),
          );
          expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
        }
      }));

    test('that acquire the same task at once: one gets it', () =>
      withStores(3, async (stores) => {
        for (let round = 0; round < ROUNDS; round++) {
          const id = `task ${round}`;
          await sendOk(stores[0]!, 'promise.create', promiseCreate(id, { 'resonate:target': 'poll://any@workers' }));
          const acquire = (pid: string) => ({ id, version: 0, pid, ttl: 60_000 });
          const replies = await Promise.all(
            stores.map((store, index) => send(store, 'task.acquire', acquire(`pid ${index}`))),
          );
          expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
        }
      }));

    test('never lose a resume: a task that suspends while its awaited promise settles is resumed or stays acquired', () =>
      withStores(3, async (stores) => {
        const [one, two, three] = stores as [Store, Store, Store];
        let suspended = 0;
        for (let round = 0; round < ROUNDS; round++) {
          const [id, awaited] = [`task ${round}`, `awaited ${round}`];
          await sendOk(one, 'promise.create', promiseCreate(awaited));
          await sendOk(one, 'task.create', taskCreate(id, 'me'));
          const [suspend] = await Promise.all([
            send(two, 'task.suspend', { id, version: 1, actions: [registerCallback(id, awaited)] }),
            sendOk(three, 'promise.settle', settle(awaited)),
          ]);
          const { task } = await sendOk<{ task: { state: string; resumes: number } }>(one, 'task.get', { id });
          if (suspend.status === 200) {
            suspended++;
            expect(task).toMatchObject({ state: 'pending', resumes: 1 });
          } else {
            expect(suspend.status).toBe(300);
            expect(task).toMatchObject({ state: 'acquired', resumes: 0 });
          }
        }
        // Otherwise no request lost the race, and the test proves nothing.
        expect(suspended).toBeGreaterThan(0);
      }));

    test('that settle promises with common awaiters in any order do not deadlock', () =>
      withStores(3, async (stores) => {
        const [one] = stores as [Store];
        const awaited = Array.from({ length: 24 }, (_, index) => `awaited ${index}`);
        const awaiters = Array.from({ length: 6 }, (_, index) => `awaiter ${index}`);
        await Promise.all(awaited.map((id) => sendOk(one, 'promise.create', promiseCreate(id))));
        for (const id of awaiters) {
          await sendOk(one, 'task.create', taskCreate(id, 'me'));
          const actions = awaited.map((on) => registerCallback(id, on));
          await sendOk(one, 'task.suspend', { id, version: 1, actions });
        }
        const settles = awaited.map((id, index) => sendOk(stores[index % 3]!, 'promise.settle', settle(id)));
        await Promise.all(settles);
        for (const id of awaiters) {
          const { task } = await sendOk<{ task: { state: string; resumes: number } }>(one, 'task.get', { id });
          expect(task).toMatchObject({ state: 'pending', resumes: awaited.length });
        }
      }));

    test('read what another one has just written', () =>
      withStores(2, async ([one, two]) => {
        for (let round = 0; round < ROUNDS; round++) {
          await sendOk(one!, 'promise.create', promiseCreate(`p ${round}`));
          await sendOk(two!, 'promise.get', { id: `p ${round}` });
        }
      }));

    test('have one clock, that of the database', () =>
      withStores(2, async (_, [one, two]) => {
        const times = [await one!.now(), await two!.now(), await one!.now()];
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(Math.abs(times[0]! - Date.now())).toBeLessThan(60_000);
      }));
  });
}
