import { describe, expect, test } from '@jest/globals';
import { readOutcome } from '../admin/outcome.ts';
import { readTasks, readWaits } from '../admin/waits.ts';
import type { Dialect } from '../dialect.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import type { Statement } from '../sql/statement.ts';
import type { Store } from '../store.ts';
import {
  openForAll,
  promiseCreate,
  registerCallback,
  sendOk,
  taskCreate,
  type DatabaseUnderTest,
  type DialectUnderTest,
} from './under-test.ts';

/** What a diagnosis reads of a promise that waits, or that has ended. */
export function whyConformance(under: DialectUnderTest): void {
  describe('why a promise is pending', () => {
    let database: DatabaseUnderTest;
    let dialect: Dialect;
    let store: Store;
    openForAll(under, (opened) => ({ database, dialect, store } = opened));

    const error = (message: string) => ({
      data: Buffer.from(JSON.stringify({ __type: 'error', message })).toString('base64'),
    });
    const reject = (id: string, value: object) => sendOk(store, 'promise.settle', { id, state: 'rejected', value });

    test('a promise is read with its task and what that waits for', async () => {
      await sendOk(store, 'task.create', taskCreate('w', 'me'));
      await sendOk(store, 'promise.create', promiseCreate('w.1', { 'resonate:target': 'http://host/' }));
      await sendOk(store, 'promise.create', promiseCreate('w.2', { 'resonate:branch': 'w' }));
      await sendOk(store, 'promise.create', promiseCreate('w.3', { 'resonate:timer': 'true' }));
      const actions = ['w.1', 'w.2', 'w.3'].map((awaited) => registerCallback('w', awaited));
      await sendOk(store, 'task.suspend', { id: 'w', version: 1, actions });
      const now = await store.now();
      expect(await store.admin.waits('w', 2, now)).toMatchObject({
        promise: { id: 'w', state: 'pending', branch: null, task: { state: 'suspended', version: 1 } },
        awaits: [
          { id: 'w.1', task: { state: 'pending', transport: 'http', target: 'http://host' } },
          { id: 'w.2', task: null, branch: 'w' },
        ],
        more: true,
      });
      expect(await store.admin.waits('w', 3, now)).toMatchObject({ awaits: [{}, {}, { isTimer: true }], more: false });
      expect(await store.admin.waits('none', 3, now)).toBeNull();
      const tasks = await store.admin.tasksOf(['w', 'w.1', 'w.2', 'none'], now);
      expect([...tasks.values()].map(({ id, state }) => [id, state]).toSorted()).toEqual([
        ['w', 'suspended'],
        ['w.1', 'pending'],
      ]);
    });

    test('a failed promise is read with its error, its failed children and its undelivered notifications', async () => {
      await sendOk(store, 'promise.create', promiseCreate('f'));
      for (const id of ['f.1', 'f.2', 'f.3']) {
        await sendOk(store, 'promise.create', promiseCreate(id, { 'resonate:parent': 'f' }));
      }
      await sendOk(store, 'promise.register_listener', { awaited: 'f', address: 'http://host/hook' });
      await reject('f.2', error('out of paper'));
      await sendOk(store, 'promise.settle', { id: 'f.3', state: 'resolved', value: {} });
      await reject('f', error('x'.repeat(10_000)));
      const outcome = await store.admin.outcome('f', await store.now());
      expect(outcome).toMatchObject({
        failed: [{ id: 'f.2', state: 'rejected', error: 'out of paper' }],
        listeners: [{ address: 'http://host/hook' }],
        deadLetters: [],
      });
      // The value is longer than what is read of it.
      expect(outcome.error).toMatch(/x{200}/);
      expect(outcome.error!.length).toBeLessThanOrEqual(300);
    });

    test.each([
      ['a text', { data: Buffer.from('"no luck"').toString('base64') }, 'no luck'],
      ['data that is no base64', { data: 'no luck!' }, 'no luck!'],
      ['data of another kind', { data: Buffer.from('{"code":7}').toString('base64') }, '{"code":7}'],
      ['nothing', {}, undefined],
    ])('the error may be %s', async (name, value, expected) => {
      await sendOk(store, 'promise.create', promiseCreate(`e ${name}`));
      await reject(`e ${name}`, value);
      expect((await store.admin.outcome(`e ${name}`, await store.now())).error).toBe(expected);
    });

    test('all rows are found by index', async () => {
      const sent: Statement[] = [];
      const recorder: PlainSql = {
        ...dialect.plain,
        select: (statements) => {
          sent.push(...statements);
          return dialect.plain.select(statements);
        },
      };
      await readWaits(recorder, 'w', 100, 0);
      await readTasks(recorder, ['w', 'w.1', 'w.2'], 0);
      await readOutcome(recorder, 'f', 0);
      const { indexes, scans } = await database.explain({ statements: sent });
      expect(indexes).toEqual(expect.arrayContaining(['promises_pkey', 'promises_parent', 'callbacks_awaiter']));
      const isWalk =
        /^SCAN (?!w$)|AUTOMATIC|Seq Scan|Bitmap|^(?:ALL|index) .*(?:promise|task|callback|listener|letter)/;
      expect(scans.filter((scan) => isWalk.test(scan))).toEqual([]);
    });
  });
}
