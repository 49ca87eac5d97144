import { describe, expect, test } from '@jest/globals';
import { Needs, type PromiseRow, type RowChanges } from '@resonate/machine';
import type { Kind } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import type { Store } from '../store.ts';
import { FAR, promiseCreate, registerCallback, send, settle, taskCreate, withOpened } from './under-test.ts';
import type { DialectUnderTest } from './under-test.ts';

const AT_ONCE = 5_000;
/**
 * A step takes up to 3 s; once it took 36 s beside the other suites of CI. With a cost that grows with the square of the
 * rows it takes ten minutes.
 */
const WITHIN_MS = 90_000;
const TEST_MS = 400_000;
/**
 * For how long a step may keep everything else in its process waiting, in CPU time of its thread. The decision takes 0.2 to
 * 0.4 s. When a whole transaction ran in one turn of the event loop, it took 0.6 to 2.3 s on SQLite.
 */
const STALLS_UP_TO_MS = 1_500;

/** The cost of a request grows in proportion to the rows that it names, not faster. */
export function manyConformance(under: DialectUnderTest): void {
  const { awaited = 40_000 } = under;
  describe(`a workflow that awaits ${awaited} promises at once`, () => {
    test(
      'suspends, is resumed, suspends again and ends, each step within seconds',
      () =>
        withOpened(under, async ({ dialect, store }) => {
          // As maintenance does when a server starts: the statistics of empty tables must not make a bad plan.
          await store.upkeep.analyze();
          const ids = Array.from({ length: awaited }, (_, index) => `awaited ${index}`);
          await insertPromises(dialect, ids);
          const timed = timer(store);
          await timed('task.create', taskCreate('w', 'me'), 200);
          const actions = ids.map((id) => registerCallback('w', id));
          await timed('task.suspend', { id: 'w', version: 1, actions }, 200);
          await timed('promise.settle', settle(ids[0] ?? ''), 200);
          await timed('task.acquire', { id: 'w', version: 1, pid: 'me', ttl: 60_000 }, 200);
          await timed('task.suspend', { id: 'w', version: 2, actions: actions.slice(1) }, 200);
          await timed('promise.settle', settle(ids[1] ?? ''), 200);
          await timed('task.acquire', { id: 'w', version: 2, pid: 'me', ttl: 60_000 }, 200);
          const action = { kind: 'promise.settle', head: {}, data: settle('w') };
          await timed('task.fulfill', { id: 'w', version: 3, action }, 200);
          const { callbacks, tasks } = await dialect.dump();
          expect(callbacks).toEqual([]);
          expect(tasks).toMatchObject([{ id: 'w', state: 'fulfilled' }]);
        }),
      TEST_MS,
    );
  });
}

/** Sends a request that must be answered in time with this status, while the event loop keeps running. */
function timer(store: Store) {
  return async (kind: Kind, data: unknown, status: number): Promise<void> => {
    const start = performance.now();
    const [reply, stallMs] = await withLongestStall(() => send(store, kind, data));
    expect(reply).toMatchObject({ status });
    const ms = performance.now() - start;
    if (stallMs > STALLS_UP_TO_MS) throw new Error(`${kind} blocked the event loop for ${Math.round(stallMs)} ms`);
    if (ms > WITHIN_MS) throw new Error(`${kind} took ${Math.round(ms)} ms`);
  };
}

/** @returns the result, and the most CPU time that this thread spent between two turns of the event loop, ms. */
async function withLongestStall<T>(work: () => Promise<T>): Promise<[T, number]> {
  const cpuMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = cpuMs();
  let longest = 0;
  const look = () => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const looks = setInterval(look, 1);
  try {
    const result = await work();
    look();
    return [result, longest];
  } finally {
    clearInterval(looks);
  }
}

async function insertPromises(dialect: Dialect, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const rows = ids.slice(from, from + AT_ONCE).map((id): PromiseRow => {
      const { param, tags, timeoutAt } = promiseCreate(id, {}, FAR);
      return { id, state: 'pending', param, value: {}, tags, timeoutAt, createdAt: 1, settledAt: null };
    });
    const none = inserts<never>([]);
    const others = { tasks: none, callbacks: none, calls: none, listeners: none, schedules: none };
    await dialect.transact(new Needs(), () => ({
      changes: { promises: inserts(rows), ...others },
      result: null,
    }));
  }
}

function inserts<Row>(rows: Row[]): RowChanges<Row> {
  return { inserts: rows, updates: [], deletes: [] };
}
