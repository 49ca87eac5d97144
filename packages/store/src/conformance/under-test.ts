import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { checkRequest, isKind, type Kind, type Reply } from '@resonate/protocol';
import type { PromiseQuery, TaskQuery } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import type { Statement } from '../sql/statement.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Store } from '../store.ts';

/** What a dialect's test file tells the suite: how to get databases, and what can't be asked through the interface. */
export interface DialectUnderTest {
  /** Creates an empty database. */
  create(): Promise<DatabaseUnderTest>;
  /** Several processes may open one database. */
  isShared: boolean;
  /** Which of the recorded traces run, by their number. Without it, all do. */
  takesTrace?: (number: number) => boolean;
  /** How many promises one workflow awaits at once; 40,000 by default. */
  awaited?: number;
}

export interface DatabaseUnderTest {
  /** Opens it as one more process would, not migrated yet. */
  open(): Promise<Dialect>;
  drop(): Promise<void>;
  /** Gives the schema a later version than this program's; null for a database that ends with its process. */
  pretendNewer: (() => Promise<void>) | null;
  /** Migrates it, and then opens it read-only, as after a failover. */
  openReadOnly(): Promise<Dialect>;
  /**
   * How the search would be done: its indexes, `TABLE_pkey` for a primary key, and `scans`, the steps that read or sort
   * more than they answer.
   */
  explain(search: Search): Promise<Plan>;
}

export interface Plan {
  indexes: string[];
  scans: string[];
}

export type Search = { promises: PromiseQuery } | { tasks: TaskQuery } | { statements: Statement[] };

/** A migrated database with one process on it. */
export interface Opened {
  database: DatabaseUnderTest;
  dialect: Dialect;
  store: Store;
}

/** Opens one database for all tests of the `describe` it is called in, and gives it to `use` before they begin. */
export function openForAll(under: DialectUnderTest, use: (opened: Opened) => void): void {
  let close = async () => {};
  beforeAll(async () => {
    const migrated = await openMigrated(under);
    ({ close } = migrated);
    use(migrated.opened);
  });
  afterAll(() => close());
}

/** The same, but it is emptied before each test, which has a store of its own. */
export function openEmptied(under: DialectUnderTest, use: (opened: Opened) => void): void {
  let opened: Opened;
  openForAll(under, (given) => (opened = given));
  beforeEach(async () => {
    await opened.dialect.reset();
    use({ ...opened, store: storeOn(opened.dialect) });
  });
}

/** Opens a database for one test. */
export async function withOpened(under: DialectUnderTest, work: (opened: Opened) => Promise<void>): Promise<void> {
  const { opened, close } = await openMigrated(under);
  try {
    await work(opened);
  } finally {
    await close();
  }
}

/** Opens a database in that many processes for one test; where it can't be shared they are all the same one. */
export function withProcesses(
  under: DialectUnderTest,
  count: number,
  work: (dialects: Dialect[]) => Promise<void>,
): Promise<void> {
  return withOpened(under, async ({ database, dialect }) => {
    const others: Dialect[] = [];
    try {
      while (under.isShared && others.length < count - 1) others.push(await openAnother(database));
      await work(Array.from({ length: count }, (_, index) => others[index - 1] ?? dialect));
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  });
}

async function openMigrated(under: DialectUnderTest): Promise<{ opened: Opened; close(): Promise<void> }> {
  const database = await under.create();
  try {
    const dialect = await openAnother(database);
    const close = async () => {
      await dialect.close();
      await database.drop();
    };
    return { opened: { database, dialect, store: storeOn(dialect) }, close };
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** Opens and migrates the database as one more process would. */
export async function openAnother(database: DatabaseUnderTest): Promise<Dialect> {
  const dialect = await database.open();
  await dialect.migrate();
  return dialect;
}

export const RETRY_TIMEOUT_MS = 30_000;
export const SERVER_URL = 'http://localhost:8001';

/** A store with the engine's usual bounds, as one process of the cluster. */
export function storeOn(dialect: Dialect, processId = 'one'): Store {
  return new Store({
    dialect,
    processId,
    retryTimeoutMs: RETRY_TIMEOUT_MS,
    serverUrl: () => SERVER_URL,
    clock: Date.now,
    limits: {
      maxItems: 256,
      maxWeight: 4 << 20,
      maxInFlight: dialect.isShared ? 2 : 1,
      maxWaiting: 10_000,
      maxWaitingWeight: 1 << 30,
    },
  });
}

/** The outbox of one process, whose claims may end at other times than a store's. */
export function outboxAs(dialect: Dialect, processId = 'one', retryTimeoutMs = RETRY_TIMEOUT_MS): Outbox {
  const clock = { now: () => 0, read: () => dialect.now() };
  return new Outbox({ dialect, processId, retryTimeoutMs, clock, measured: (_operation, work) => work() });
}

/** Sends a request as it comes from a client; `now` replaces the clock. */
export async function send(store: Store, kind: string, data: unknown, now: number | null = null): Promise<Reply> {
  if (!isKind(kind)) return { status: 400, data: `unknown kind ${kind}` };
  const checked = checkRequest(kind, data);
  return checked.ok ? store.execute(checked.request, now, 0) : { status: 400, data: checked.message };
}

/** Sends a request that must succeed. @returns its data. */
export async function sendOk<Data = unknown>(store: Store, kind: Kind, data: unknown): Promise<Data> {
  const reply = await send(store, kind, data);
  if (reply.status !== 200) throw new Error(`${kind} answered ${reply.status}: ${String(reply.data)}`);
  return reply.data as Data;
}

/** A time that is still in the future when the tests run. */
export const FAR = 32_503_680_000_000;

export function promiseCreate(id: string, tags: Record<string, string> = {}, timeoutAt = FAR) {
  return { id, timeoutAt, param: {}, tags };
}

export function settle(id: string) {
  return { id, state: 'resolved', value: {} };
}

/** A task.create's data: promise and task in one step, acquired by `pid`. */
export function taskCreate(id: string, pid: string, target = 'poll://any@workers') {
  const data = promiseCreate(id, { 'resonate:target': target });
  return { pid, ttl: 60_000, action: { kind: 'promise.create', head: {}, data } };
}

/** An action of task.suspend: the awaiter's task is resumed when the awaited promise settles. */
export function registerCallback(awaiter: string, awaited: string) {
  return { kind: 'promise.register_callback', head: {}, data: { awaited, awaiter } };
}

/** Creates a promise with these listeners, and settles it with its id as the value. So its listeners are due. */
export async function settled(store: Store, id: string, ...addresses: string[]): Promise<void> {
  await sendOk(store, 'promise.create', promiseCreate(id));
  for (const address of addresses) await sendOk(store, 'promise.register_listener', { awaited: id, address });
  await sendOk(store, 'promise.settle', { ...settle(id), value: { data: id } });
}
