import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, LogSync } from '@resonate/drivers/sqlite';
import { send } from '../../conformance/under-test.ts';
import type { DueMessages } from '../../sql/outbox-sql.ts';
import { Store } from '../../store.ts';
import { SqliteDialect } from './dialect.ts';

const NOW = 1_000_000;
const CLAIM: DueMessages = {
  transport: 'poll',
  targets: [{ target: 'workers', limit: 1 }],
  preferred: [],
  graceMs: 0,
};

let directory: string;
let dialect: SqliteDialect;
let store: Store;
/** Syncs of the disk that were begun; each ends when the test says so. */
let syncs: PromiseWithResolvers<void>[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'resonate-durability-'));
  syncs = [];
  const slowDisk = () => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    return sync.promise;
  };
  const open = (path: string) => ({ ...connect(path), log: new LogSync(slowDisk) });
  dialect = new SqliteDialect(join(directory, 'resonate.db'), () => NOW, open);
  const migrated = dialect.migrate();
  await turn();
  endSyncs();
  await migrated;
  store = new Store({
    dialect,
    processId: 'me',
    retryTimeoutMs: 1_000,
    serverUrl: () => 'http://localhost:8001',
    clock: () => NOW,
    limits: { maxItems: 10, maxWeight: 1_000, maxInFlight: 2, maxWaiting: 10, maxWaitingWeight: 1_000 },
  });
  syncs = [];
});

afterEach(async () => {
  await dialect.close();
  rmSync(directory, { recursive: true });
});

/** Runs everything that waits only for the event loop. */
async function turn(): Promise<void> {
  for (let count = 0; count < 5; count++) await new Promise((resolve) => setImmediate(resolve));
}

function endSyncs(): void {
  for (const sync of syncs) sync.resolve();
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => (settled = true);
  promise.then(mark, mark);
  await turn();
  return settled;
}

const create = (id: string) =>
  send(store, 'promise.create', { id, timeoutAt: 2 * NOW, tags: { 'resonate:target': 'poll://any@workers' } }, NOW);

async function createdDurably(id: string): Promise<void> {
  const created = create(id);
  await turn();
  endSyncs();
  await created;
  syncs = [];
}

test('a request is answered only after its changes are on the disk', async () => {
  const created = create('a');
  expect(await isSettled(created)).toBe(false);
  expect(syncs).toHaveLength(1);
  endSyncs();
  expect(await created).toMatchObject({ status: 200 });
});

test('a claim hands out nothing that is not on the disk yet', async () => {
  const created = create('a');
  await turn();
  const claimed = store.outbox.claim(CLAIM);
  expect(await isSettled(claimed)).toBe(false);
  endSyncs();
  expect((await claimed).executes).toMatchObject([{ id: 'a' }]);
  await created;
});

test('a claim and its outcome cause no sync of their own', async () => {
  await createdDurably('a');
  const [task] = (await store.outbox.claim(CLAIM)).executes;
  const outcome = { kind: 'execute', id: 'a', version: task?.version ?? -1, delivered: false, dueAt: NOW } as const;
  await store.outbox.acknowledge([outcome]);
  expect(syncs).toHaveLength(0);
});

test('a request after a claim causes a sync again', async () => {
  await createdDurably('a');
  await store.outbox.claim(CLAIM);
  const created = create('b');
  expect(await isSettled(created)).toBe(false);
  expect(syncs).toHaveLength(1);
  endSyncs();
  await created;
});

test('a request that changes nothing waits until the rows that it read are on the disk, and causes no sync', async () => {
  const first = create('a');
  await turn();
  const second = create('a');
  expect(await isSettled(second)).toBe(false);
  expect(syncs).toHaveLength(1);
  endSyncs();
  expect(await second).toMatchObject({ status: 200 });
  await first;
  expect(syncs).toHaveLength(1);
});
