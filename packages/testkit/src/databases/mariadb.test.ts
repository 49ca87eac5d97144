import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { DURABLE_MARIADB, freshMysqlDatabase, startMariadb } from './mariadb.ts';
import type { TestServer } from './owned-server.ts';

async function select(url: string, sql: string): Promise<unknown> {
  const connection = await createConnection({ uri: url, rowsAsArray: true });
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.end();
  }
}

describe('a MariaDB for tests', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startMariadb(DURABLE_MARIADB);
  });
  afterAll(() => server.stop());

  test('syncs every commit with the settings that measure', async () => {
    expect(await select(server.url, 'SELECT @@innodb_flush_log_at_trx_commit')).toEqual([[1]]);
  });

  test('gives every suite a database of its own', async () => {
    const [one, other] = await Promise.all([freshMysqlDatabase(server.url), freshMysqlDatabase(server.url)]);
    await select(one.url, 'CREATE TABLE found (id int)');
    expect(await select(other.url, 'SHOW TABLES')).toEqual([]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(select(one.url, 'SELECT 1')).rejects.toThrow('Unknown database');
  });

  test('has what was committed after it was killed', async () => {
    const { url, drop } = await freshMysqlDatabase(server.url);
    await select(url, 'CREATE TABLE kept AS SELECT 1 AS id');
    expect(server.pids()).toHaveLength(1);
    await server.kill9();
    expect(server.pids()).toEqual([]);
    await expect(select(url, 'SELECT id FROM kept')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await select(url, 'SELECT id FROM kept')).toEqual([[1]]);
    await drop();
  });
});

describe('where MariaDB is not installed', () => {
  test('says what to install', async () => {
    const module = join(import.meta.dirname, 'mariadb.ts');
    const script = `
      const { startMariadb } = await import(${JSON.stringify(module)});
      await startMariadb().catch((error) => console.log(error.message));`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      env: { ...process.env, PATH: '/nowhere' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    expect(line.toString()).toMatch(/MariaDB is not installed: .*mariadb-server/);
  });
});
