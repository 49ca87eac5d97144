import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { TestServer } from './owned-server.ts';
import { DURABLE_POSTGRES, freshPostgresDatabase, postgresForTests, startPostgres } from './postgres.ts';

async function select(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

describe('a Postgres for tests', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgres(DURABLE_POSTGRES);
  });
  afterAll(() => server.stop());

  test('syncs every commit with the settings for benchmarks', async () => {
    expect(await select(server.url, 'SHOW fsync')).toEqual([['on']]);
    expect(await select(server.url, 'SHOW synchronous_commit')).toEqual([['on']]);
  });

  test('sorts by language unless a column says otherwise', async () => {
    expect(await select(server.url, `SELECT 'a' < 'B', 'a' < 'B' COLLATE "C"`)).toEqual([[true, false]]);
  });

  test('creates a separate database for every suite', async () => {
    const [one, other] = await Promise.all([freshPostgresDatabase(server.url), freshPostgresDatabase(server.url)]);
    await select(one.url, 'CREATE TABLE found (id int)');
    expect(await select(other.url, "SELECT to_regclass('found')")).toEqual([[null]]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(select(one.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });

  test('keeps what was committed when all its processes are killed', async () => {
    const { url, drop } = await freshPostgresDatabase(server.url);
    await select(url, 'CREATE TABLE kept AS SELECT 1 AS id');
    expect(server.pids().length).toBeGreaterThan(3);
    await server.killAll();
    expect(server.pids()).toEqual([]);
    await expect(select(url, 'SELECT id FROM kept')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await select(url, 'SELECT id FROM kept')).toEqual([[1]]);
    await drop();
  });
});

test('a pooler mode that does not exist is an error', async () => {
  const before = process.env['TEST_POSTGRES_POOLER'];
  process.env['TEST_POSTGRES_POOLER'] = 'statement';
  try {
    await expect(postgresForTests()).rejects.toThrow('TEST_POSTGRES_POOLER: session or transaction, not statement');
  } finally {
    if (before === undefined) delete process.env['TEST_POSTGRES_POOLER'];
    else process.env['TEST_POSTGRES_POOLER'] = before;
  }
});
