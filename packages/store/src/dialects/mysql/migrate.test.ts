import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '@resonate/drivers/mysql';
import { freshMysqlDatabase, mysqlForTests } from '@resonate/testkit';
import { migrationsIn } from '../../migrations.ts';
import { migrate } from './migrate.ts';

const server: { url: string; stop(): Promise<void> } = { url: '', stop: async () => {} };
beforeAll(async () => Object.assign(server, await mysqlForTests()));
afterAll(() => server.stop());

describe('a migration that was interrupted', () => {
  let folder: string;
  let database: Database;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'migrations-'));
    const fresh = await freshMysqlDatabase(server.url);
    ({ drop } = fresh);
    const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 };
    database = new Database({ url: fresh.url, poolSize: 2, ...limits });
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await database.close();
    await drop();
  });

  const write = (file: string, ...steps: string[]) => writeFileSync(join(folder, file), `${steps.join(';\n\n')};\n`);
  const select = async (sql: string) => (await database.run(sql))[0];
  const tables = () => select("SHOW TABLES LIKE 'm%'");

  const STEPS = [
    '-- The first; of three\nCREATE TABLE m1 (id int)',
    'ALTER TABLE m1 ADD COLUMN x int, ADD KEY m1_x (x)',
    'CREATE TABLE m2 (id int)',
  ];

  test.each([
    ['before its first statement', 1, []],
    ['after its first statement', 1, STEPS.slice(0, 1)],
    ['before its second statement', 2, STEPS.slice(0, 1)],
    ['after its second statement', 2, STEPS.slice(0, 2)],
    ['after its last statement', 3, STEPS],
  ])('%s is continued', async (_, step, done) => {
    write('0001_first.sql', ...STEPS);
    write('0002_second.sql', 'CREATE TABLE m3 (id int)');
    await migrate(database, []);
    await database.run(
      `INSERT INTO migrations (version, name, steps_done, step_under_way, finished)
       VALUES (1, 'first', ${step - 1}, ${step}, 0)`,
      ...done,
    );
    await migrate(database, migrationsIn(folder));
    expect(await tables()).toEqual([['m1'], ['m2'], ['m3'], ['migrations']]);
    expect(await select('SELECT id, x FROM m1 FORCE INDEX (m1_x)')).toEqual([]);
    expect(await select('SELECT version, name, finished FROM migrations ORDER BY version')).toEqual([
      [1, 'first', 1],
      [2, 'second', 1],
    ]);
  });

  test('by a statement that fails reports the error, and continues from there when the statement is fixed', async () => {
    write('0001_first.sql', STEPS[0]!, 'CREATE TABLE m1 (other int)', STEPS[2]!);
    // The existing table is never mistaken for the result of the failed statement, however often it runs.
    for (let time = 0; time < 2; time++) {
      await expect(migrate(database, migrationsIn(folder))).rejects.toThrow("Table 'm1' already exists");
      expect(await tables()).toEqual([['m1'], ['migrations']]);
    }
    write('0001_first.sql', ...STEPS);
    await migrate(database, migrationsIn(folder));
    expect(await tables()).toEqual([['m1'], ['m2'], ['migrations']]);
  });

  test('and then finished is not run again by another process', async () => {
    write('0001_first.sql', ...STEPS);
    await Promise.all([migrate(database, migrationsIn(folder)), migrate(database, migrationsIn(folder))]);
    await database.run('DROP TABLE m2');
    await migrate(database, migrationsIn(folder));
    expect(await tables()).toEqual([['m1'], ['migrations']]);
  });
});
