import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { freshMysqlDatabase, MYSQL_SERVERS } from './mysql-or-mariadb.ts';
import { DURABLE_MYSQL } from './mysql-settings.ts';
import type { TestServer } from './owned-server.ts';

async function select(url: string, sql: string): Promise<unknown> {
  const connection = await createConnection({ uri: url, rowsAsArray: true });
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.end();
  }
}

describe.each([
  { name: 'MariaDB', start: MYSQL_SERVERS.mariadb, version: /MariaDB/ },
  { name: 'MySQL', start: MYSQL_SERVERS.mysql, version: /^(8|9)\.\d+\.\d+(?!.*MariaDB)/ },
])('a $name for tests', ({ start, version }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start(DURABLE_MYSQL);
  });
  afterAll(() => server.stop());

  test('runs the expected server program', async () => {
    expect(await select(server.url, 'SELECT version()')).toEqual([[expect.stringMatching(version)]]);
  });

  test('syncs every commit with the settings for benchmarks', async () => {
    expect(await select(server.url, 'SELECT @@innodb_flush_log_at_trx_commit')).toEqual([[1]]);
  });

  test('creates a separate database for every suite', async () => {
    const [one, other] = await Promise.all([freshMysqlDatabase(server.url), freshMysqlDatabase(server.url)]);
    await select(one.url, 'CREATE TABLE found (id int)');
    expect(await select(other.url, 'SHOW TABLES')).toEqual([]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(select(one.url, 'SELECT 1')).rejects.toThrow('Unknown database');
  });

  test('keeps what was committed when it is killed', async () => {
    const { url, drop } = await freshMysqlDatabase(server.url);
    await select(url, 'CREATE TABLE kept AS SELECT 1 AS id');
    expect(server.pids()).toHaveLength(1);
    await server.killAll();
    expect(server.pids()).toEqual([]);
    await expect(select(url, 'SELECT id FROM kept')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await select(url, 'SELECT id FROM kept')).toEqual([[1]]);
    await drop();
  });
});

describe('a server that is not installed', () => {
  test.each([
    ['MariaDB', 'mariadb.ts', 'startMariadb', /MariaDB is not installed: .*mariadb-server/],
    ['MySQL', 'mysql.ts', 'startMysql', /MySQL is not installed .*install-mysql/],
  ])('%s: the error says how to install it', async (_name, file, start, says) => {
    const module = join(import.meta.dirname, file);
    const script = `
      const { ${start} } = await import(${JSON.stringify(module)});
      await ${start}().catch((error) => console.log(error.message));`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      env: { ...process.env, PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    expect(line.toString()).toMatch(says);
  });
});
