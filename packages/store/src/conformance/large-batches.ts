import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Loaded } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import { BATCH_BYTES } from '../dialects/shares.ts';
import type { Store } from '../store.ts';
import { openForAll, promiseCreate, registerCallback, send, sendOk, settle, taskCreate } from './under-test.ts';
import type { DialectUnderTest } from './under-test.ts';

const BYTES = 2 << 20;
const IDS = Array.from({ length: BATCH_BYTES / BYTES + 2 }, (_, index) => `large ${index}`);
const SMALL_IDS = Array.from({ length: 30 }, (_, index) => `small ${index}`);

/** If concurrent requests name promises or schedules of megabytes, a batch loads only as much as fits into memory. */
export function largeBatchConformance(under: DialectUnderTest): void {
  describe('promises of megabytes', () => {
    let dialect: Dialect;
    let store: Store;
    /** The bytes of each batch that was loaded. */
    let batches: number[] = [];
    openForAll(under, (opened) => ({ dialect, store } = opened));

    const note = ({ promises, schedules }: Loaded) => {
      const params = [...promises.map(({ param }) => param), ...schedules.map(({ promiseParam }) => promiseParam)];
      batches.push(params.reduce((sum, { data }) => sum + (data?.length ?? 0), 0));
    };
    const statuses = (replies: { status: number }[]) => [...new Set(replies.map(({ status }) => status))];

    beforeAll(async () => {
      for (const id of IDS) {
        await sendOk(store, 'promise.create', { ...promiseCreate(id), param: { data: 'x'.repeat(BYTES) } });
      }
      await Promise.all(SMALL_IDS.map((id) => sendOk(store, 'promise.create', promiseCreate(id))));
      const [load, transact] = [dialect.load.bind(dialect), dialect.transact.bind(dialect)];
      dialect.load = async (needs) => {
        const found = await load(needs);
        note(found.loaded);
        return found;
      };
      dialect.transact = (needs, decide) =>
        transact(needs, (loaded, now) => {
          note(loaded);
          return decide(loaded, now);
        });
    });

    test('are read in parts that fit, and every request is answered', async () => {
      batches = [];
      const replies = await Promise.all(IDS.map((id) => send(store, 'promise.get', { id })));
      expect(replies).toMatchObject(IDS.map((id) => ({ status: 200, data: { promise: { id } } })));
      expect(Math.max(...batches)).toBeLessThanOrEqual(BATCH_BYTES);
    });

    test('are changed in parts that fit', async () => {
      batches = [];
      const listen = (awaited: string) =>
        send(store, 'promise.register_listener', { awaited, address: 'http://host/' });
      expect(statuses(await Promise.all(IDS.map(listen)))).toEqual([200]);
      expect(Math.max(...batches)).toBeLessThanOrEqual(BATCH_BYTES);
    });

    test('do not split a batch into which they fit', async () => {
      batches = [];
      const ids = [...SMALL_IDS, ...IDS.slice(0, 2)];
      const listen = (awaited: string) => send(store, 'promise.register_listener', { awaited, address: 'http://b/' });
      expect(statuses(await Promise.all(ids.map(listen)))).toEqual([200]);
      expect(batches.length).toBeLessThanOrEqual(2);
    });

    test('in schedules are read, changed and run in parts that fit', async () => {
      const promiseParam = { data: 'x'.repeat(BYTES) };
      for (const id of IDS) {
        const run = { id, cron: '0 0 1 1 *', promiseId: `run of ${id}`, promiseTimeout: 1, promiseParam };
        await sendOk(store, 'schedule.create', run);
      }
      batches = [];
      for (const kind of ['schedule.get', 'schedule.pause', 'schedule.trigger', 'schedule.delete']) {
        expect(statuses(await Promise.all(IDS.map((id) => send(store, kind, { id }))))).toEqual([200]);
      }
      expect(Math.max(...batches)).toBeLessThanOrEqual(BATCH_BYTES);
    });

    test('may be named by one request, if they fit into the heap together', async () => {
      await sendOk(store, 'task.create', taskCreate('w', 'me'));
      const actions = IDS.map((id) => registerCallback('w', id));
      await sendOk(store, 'task.suspend', { id: 'w', version: 1, actions });
      await sendOk(store, 'promise.settle', settle(IDS[0] ?? ''));
      expect(await sendOk(store, 'task.get', { id: 'w' })).toMatchObject({ task: { state: 'pending' } });
    });
  });
}
