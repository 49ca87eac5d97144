import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  mysqlForTests,
  postgresForTests,
  startPgbouncer,
  startPostgres,
  type TestDatabase,
} from '@resonate/testkit';
import { runCommand } from '../../processes/run-command.ts';
import { RESONATE } from '../../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const DATABASES = {
  postgres: { start: postgresForTests, fresh: freshPostgresDatabase, wakeups: { status: 'ok' } },
  mysql: { start: mysqlForTests, fresh: freshMysqlDatabase, wakeups: { status: 'off' } },
} as const;

interface Check {
  check: string;
  status: string;
  detail: string;
}

describe.each(Object.entries(DATABASES))('on %s', (type, { start, fresh, wakeups }) => {
  let server: Awaited<ReturnType<typeof start>>;
  let database: TestDatabase;

  beforeAll(async () => {
    server = await start();
    database = await fresh(server.url);
  });

  afterAll(async () => {
    await database?.drop();
    await server?.stop();
  });

  async function ask<T>(command: string): Promise<T> {
    const args = [command, '--storage-type', type, `--storage-${type}-url`, database.url];
    const { code, stdout, stderr } = await runCommand(RESONATE, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as T;
  }

  test('doctor checks the database, its clock and its wake-ups, and migrate creates the schema', async () => {
    const checks = async () => {
      const { checks } = await ask<{ checks: Check[] }>('doctor');
      return Object.fromEntries(checks.map(({ check, ...finding }) => [check, finding]));
    };
    expect(await checks()).toMatchObject({
      store: { status: 'ok' },
      schema: { status: 'ok', detail: expect.stringContaining('none yet') },
      clock: { status: 'ok' },
      'wake-ups': wakeups,
    });
    const { before, after } = await ask<{ before: number | null; after: number }>('migrate');
    expect(before).toBeNull();
    expect((await checks())['schema']).toEqual({ status: 'ok', detail: `version ${after}` });
  });
});

test('doctor warns about a Postgres that accepts no writes', async () => {
  const server = await postgresForTests();
  try {
    const url = new URL(server.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const args = ['doctor', '--storage-type', 'postgres', '--storage-postgres-url', url.href];
    const { stdout } = await runCommand(RESONATE, args);
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    expect(checks.find(({ check }) => check === 'store')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('it is read-only'),
    });
  } finally {
    await server.stop();
  }
});

test.each([
  ['session', 0, { status: 'ok' }],
  ['transaction', 1, { status: 'failed', detail: expect.stringContaining('set storage.election to lease') }],
] as const)('doctor checks a pooler in %s mode', async (mode, code, finding) => {
  const server = await startPostgres();
  const pooler = await startPgbouncer(server.url, mode, 0);
  try {
    const storage = ['--storage-type', 'postgres', '--storage-postgres-url', pooler.url, '--wakeup-type', 'none'];
    const result = await runCommand(RESONATE, ['doctor', ...storage]);
    const { checks } = JSON.parse(result.stdout) as { checks: Check[] };
    const store = checks.find(({ check }) => check === 'store');
    expect({ code: result.code, store }).toMatchObject({ code, store: finding });
  } finally {
    await pooler.stop();
    await server.stop();
  }
});
