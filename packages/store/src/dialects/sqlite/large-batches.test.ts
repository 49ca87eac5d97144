import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Needs, type Changes, type PromiseRow } from '@resonate/machine';
import { SqliteDialect } from './dialect.ts';

/** Enough that their transaction takes several turns of the event loop. */
const ROWS = 30_000;

let dialect: SqliteDialect;

beforeAll(async () => {
  dialect = new SqliteDialect(':memory:', Date.now);
  await dialect.migrate();
});

beforeEach(() => dialect.reset());

afterAll(() => dialect.close());

test('requests that arrive during a large batch wait for its commit', async () => {
  const turns = countTurns();
  const batch = insert(ids(ROWS));
  const seen = turns.first.then(() => Promise.all([count(), load('p 1'), load('later')]));
  const later = turns.first.then(() => insert(['later']));
  await batch;
  turns.end();
  expect(turns.count).toBeGreaterThan(2);
  await later;
  expect(await seen).toEqual([ROWS, ['p 1'], []]);
  expect(await count()).toBe(ROWS + 1);
});

test('a large batch that fails changes nothing, and the requests that waited for it continue', async () => {
  await insert([`p ${ROWS - 1}`]);
  const turns = countTurns();
  const batch = insert(ids(ROWS));
  const seen = turns.first.then(() => count());
  const later = turns.first.then(() => insert(['later']));
  await expect(batch).rejects.toThrow('UNIQUE constraint failed');
  turns.end();
  await later;
  expect(await seen).toBe(1);
  expect(await count()).toBe(2);
});

test('large batches that arrive together run one after the other', async () => {
  await Promise.all([insert(ids(ROWS)), insert(ids(ROWS, 'q')), insert(ids(ROWS, 'r'))]);
  expect(await count()).toBe(3 * ROWS);
});

/** Counts the turns of the event loop from now on. `first` resolves in the first one. */
function countTurns() {
  const first = Promise.withResolvers<void>();
  const turns = { count: 0, first: first.promise, end: () => clearImmediate(next) };
  const turn = () => {
    turns.count++;
    first.resolve();
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  return turns;
}

function ids(count: number, name = 'p'): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

async function insert(names: readonly string[]): Promise<void> {
  const none = { inserts: [], updates: [], deletes: [] };
  const inserts = names.map((id): PromiseRow => ({
    ...{ id, state: 'pending', param: {}, value: {}, tags: {} },
    ...{ timeoutAt: 1, createdAt: 1, settledAt: null },
  }));
  const changes: Changes = {
    promises: { ...none, inserts },
    tasks: none,
    callbacks: none,
    calls: none,
    listeners: none,
    schedules: none,
  };
  await dialect.transact(new Needs(), () => ({ changes, result: null }));
}

async function load(id: string): Promise<string[]> {
  const needs = new Needs();
  needs.promise(id);
  return (await dialect.load(needs)).loaded.promises.map((promise) => promise.id);
}

async function count(): Promise<number> {
  const [rows] = await dialect.plain.select([{ sql: 'SELECT count(*) FROM promises', params: [] }]);
  return Number(rows?.[0]?.[0]);
}
