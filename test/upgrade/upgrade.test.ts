import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { promiseIdOf } from '@resonate/protocol';
import { openDialect, Store, type StorageTarget } from '@resonate/store';
import { startTcpProxy } from '@resonate/testkit';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { runCommand } from '../processes/run-command.ts';
import { RESONATE, ServerProcess } from '../processes/server-process.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { isLocked, startServers, storageArguments, type Row, type Servers, type UpgradeDatabase } from './databases.ts';
import { FIRST, FROZEN_VERSIONS, frozenSaid, frozenSql, SERVER_URL, type Dialect, type Said } from './frozen.ts';

const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres', 'mysql'];
const EACH = FROZEN_VERSIONS.flatMap((version) => DIALECTS.map((dialect) => ({ version, dialect })));

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
}, 120_000);
afterAll(() => servers?.stop());

/** Runs `work` on a copy of the database that the given version has written. */
async function withFrozen(
  version: string,
  dialect: Dialect,
  work: (database: UpgradeDatabase) => Promise<void>,
): Promise<void> {
  const database = await servers.fresh[dialect]();
  try {
    await database.run(frozenSql(version, dialect));
    await work(database);
  } finally {
    await database.drop();
  }
}

/** Migrates the schema. @returns the snapshot of the store at the given time. */
async function migrated(target: StorageTarget, at: number): Promise<Said> {
  const dialect = await openDialect(target, Date.now);
  const store = new Store({
    ...{ dialect, processId: 'upgraded', retryTimeoutMs: 30_000, serverUrl: () => SERVER_URL, clock: Date.now },
    limits: { maxItems: 1, maxWeight: 1, maxInFlight: 1, maxWaiting: 1, maxWaitingWeight: 1 },
  });
  try {
    const snap = await store.execute({ kind: 'debug.snap', data: {} }, at, 0);
    const schedules = await store.execute(
      { kind: 'schedule.search', data: { tags: undefined, limit: 100, cursor: undefined } },
      null,
      0,
    );
    return { at, snap: snap.data as object, schedules: schedules.data as object };
  } finally {
    await dialect.close();
  }
}

/** Tables that change during a migration: the list of migrations, and the batches of old connections. */
const OWN_TABLES = ['migrations', 'schema_migrations', 'batches'];

/** All rows, in an order that does not depend on the database. @param columns of each table; all of them if absent. */
async function rowsOf(database: UpgradeDatabase, columns?: ReadonlyMap<string, string>): Promise<Map<string, Row[]>> {
  const found = new Map<string, Row[]>();
  for (const table of columns?.keys() ?? (await database.tables()).filter((name) => !OWN_TABLES.includes(name))) {
    const rows = await database.select(`SELECT ${columns?.get(table) ?? '*'} FROM ${table}`);
    found.set(
      table,
      rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    );
  }
  return found;
}

describe.each(EACH)('a database that version $version left in $dialect', ({ version, dialect }) => {
  test('has the schema of a new database after its migration, and all its rows', () =>
    withFrozen(version, dialect, async (database) => {
      const before = await rowsOf(database);
      const said = frozenSaid(version, dialect);
      expect(await migrated(database.target, said.at)).toMatchObject(said);

      const columns = new Map([...before].map(([table, [row]]) => [table, Object.keys(row ?? { 1: 1 }).join()]));
      expect(await rowsOf(database, columns)).toEqual(before);

      const fresh = await servers.fresh[dialect]();
      await migrated(fresh.target, said.at);
      expect(await database.schema()).toEqual(await fresh.schema());
      await fresh.drop();
    }));
});

/** Changes that a later version may make to the schema while processes of this version run. */
const LATER = ['promises', 'tasks', 'listeners', 'schedules'].flatMap((table) => [
  `ALTER TABLE ${table} ADD COLUMN later BIGINT NOT NULL DEFAULT 0`,
  `CREATE INDEX ${table}_later ON ${table} (later)`,
]);
/** Messages and dead letters have a maximum age, and this test must pass at any time. */
const AS_IF_FROZEN_NOW = [
  `UPDATE listeners SET enqueued_at = ${Date.now()}, due_at = ${Date.now()} WHERE due_at IS NOT NULL`,
  `UPDATE dead_letters SET died_at = ${Date.now()}`,
];
const RECORD_LATER = {
  postgres: "INSERT INTO schema_migrations (version, name) VALUES (9999, 'later')",
  mysql: "INSERT INTO migrations (version, name, steps_done, finished) VALUES (9999, 'later', 1, 1)",
};

describe.each(DIALECTS)('a server on a database that version 0.1.0 left in %s', (dialect) => {
  const during = dialect !== 'sqlite' ? ', while a later version changes the schema' : '';

  test(`delivers waiting messages, resumes tasks, triggers a schedule and answers searches${during}`, () =>
    withFrozen('0.1.0', dialect, async (database) => {
      for (const sql of AS_IF_FROZEN_NOW) await database.run(sql);
      const server = await ServerProcess.start({ storage: storageArguments(database.target) });
      const client = new HttpClient(server.url);
      const ok = async (kind: string, data: object) => {
        const { status, data: answer } = await client.rpc(kind, data);
        expect({ kind, status, answer }).toMatchObject({ status: 200 });
        return answer;
      };
      try {
        const worker = await EventStream.open(server.url, '/poll/workers/one');
        await has(worker, 'task-pending', 'task-released', 'task-waiting');
        if (dialect !== 'sqlite') for (const sql of [...LATER, RECORD_LATER[dialect]]) await database.run(sql);
        const listener = await EventStream.open(server.url, '/poll/clients/one');
        await has(listener, 'heard');

        await ok('promise.settle', { id: 'pending', state: 'resolved' });
        await has(worker, 'task-suspended');
        await has(listener, 'pending');
        await ok('task.continue', { id: 'task-halted' });
        await has(worker, 'task-halted');
        // It suspends on a promise that has settled already.
        const { task } = (await ok('task.get', { id: 'task-resumed' })) as { task: { version: number } };
        const callback = { awaited: 'awaited-early', awaiter: 'task-resumed' };
        const actions = [{ kind: 'promise.register_callback', head: {}, data: callback }];
        const suspended = await client.rpc('task.suspend', { id: 'task-resumed', version: task.version, actions });
        expect(suspended.status).toBe(300);

        await ok('schedule.trigger', { id: 'yearly' });
        await has(worker, /^yearly\./);
        expect(await ok('promise.search', { tags: { env: 'prod' } })).toMatchObject({ promises: [{ id: 'pending' }] });
        const { body } = await client.send({ path: '/admin/dead-letters' });
        expect(JSON.parse(body)).toMatchObject({ deadLetters: [{ awaited: 'undeliverable' }] });
      } finally {
        client.close();
        await server.dispose();
      }
    }));
});

// The suite of each dialect tests that it refuses such a schema.
test('a schema that is newer than the program ends the command with one clear line', async () => {
  const database = await servers.fresh.postgres();
  await migrated(database.target, 0);
  await database.run(RECORD_LATER.postgres);
  const before = await database.schema();
  const { code, stdout, stderr } = await runCommand(RESONATE, ['migrate', ...storageArguments(database.target)]);
  expect({ code, lines: `${stdout}${stderr}`.trim().split('\n') }).toEqual({
    code: 1,
    lines: [expect.stringMatching(/schema version 9999, this program knows up to \d+: start the newer program/)],
  });
  expect(await database.schema()).toEqual(before);
  await database.drop();
});

/**
 * Waits until the stream has received an `execute` of each of these tasks or an `unblock` of each of these promises. Other
 * messages are ignored, because more timers of the frozen data become due over time.
 */
async function has(stream: EventStream, ...subjects: (string | RegExp)[]): Promise<void> {
  for (const missing = new Set(subjects); missing.size > 0;) {
    const subject = promiseIdOf(await stream.next());
    for (const one of missing) if (typeof one === 'string' ? one === subject : one.test(subject)) missing.delete(one);
  }
}

describe('a migration that is killed with -9', () => {
  const said = (dialect: Dialect) => frozenSaid(FIRST, dialect);
  const migrate = (target: StorageTarget) => new Spawned(RESONATE, ['migrate', ...storageArguments(target)]);

  test('is rolled back, and the next one starts from its beginning, on sqlite', () =>
    withFrozen(FIRST, 'sqlite', async (database) => {
      const { target } = database;
      if (target.type !== 'sqlite') throw new Error('not a file');
      // A migration updates this table. With this trigger it never ends.
      const endless = Array.from({ length: 10 }, (_, n) => `sqlite_schema AS s${n}`).join();
      await database.run(`CREATE TRIGGER endless AFTER UPDATE ON schedules BEGIN SELECT count(*) FROM ${endless}; END`);
      const before = { schema: await database.schema(), rows: await rowsOf(database) };
      const migration = migrate(target);
      try {
        await until('the migration', 20_000, () => isLocked(target.path));
      } finally {
        await migration.kill9();
      }
      expect({ schema: await database.schema(), rows: await rowsOf(database) }).toEqual(before);

      await database.run('DROP TRIGGER endless');
      expect(await migrated(target, said('sqlite').at)).toMatchObject(said('sqlite'));
    }));

  // Each kill comes later than the previous one, in the middle of a statement.
  test.each([
    { dialect: 'postgres' as const, at: ['ADD COLUMN func'] },
    { dialect: 'mysql' as const, at: ['listeners_age', 'ADD COLUMN fault'] },
  ])('is completed by the next one, on $dialect', ({ dialect, at }) =>
    withFrozen(FIRST, dialect, async (database) => {
      const { target } = database;
      if (target.type === 'sqlite') throw new Error('SQLite has no connection to cut');
      const url = new URL(target.url);
      const proxy = await startTcpProxy(url.hostname, Number(url.port));
      url.port = String(proxy.port);
      const before = await rowsOf(database);
      try {
        for (const statement of at) {
          const migration = migrate({ ...target, url: url.href });
          proxy.rules.toServer = (data, link) => {
            link.sendToServer(data);
            if (data.includes(statement)) void migration.kill9();
          };
          expect(await migration.exited).toMatchObject({ signal: 'SIGKILL' });
        }
        expect(await migrated(target, said(dialect).at)).toMatchObject(said(dialect));
        expect([...(await rowsOf(database)).keys()]).toEqual(expect.arrayContaining([...before.keys()]));
      } finally {
        await proxy.stop();
      }
    }),
  );
});
