import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { connect } from '@resonate/drivers/sqlite';
import { someOf } from '@resonate/testkit';
import Database from 'better-sqlite3';
import { dialectConformance, type DialectUnderTest, type Plan, type Search } from '../../conformance/index.ts';
import { readMigrations } from '../../migrations.ts';
import { promiseStatements, taskStatements } from '../../sql/search.ts';
import { SqliteDialect } from './dialect.ts';
import { openForReading } from './inspect.ts';
import { WORDS } from './words.ts';

/** SQLite plans without looking at the rows, so an empty database tells as much as a full one. */
async function explain(search: Search): Promise<Plan> {
  const database = new Database(':memory:');
  for (const { sql } of readMigrations('sqlite')) database.exec(sql);
  const statements =
    'statements' in search
      ? search.statements
      : 'promises' in search
        ? promiseStatements(search.promises, WORDS)
        : taskStatements(search.tasks, WORDS);
  const steps = statements.flatMap(({ sql, params }) => {
    return database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[];
  });
  database.close();
  const plan: Plan = { indexes: [], scans: [] };
  for (const { detail } of steps) {
    const index = indexOf(detail);
    if (index) plan.indexes.push(index);
    else plan.scans.push(detail);
  }
  return plan;
}

const ALIASES: Record<string, string> = { p: 'promises', t: 'promise_tags', o: 'promise_tags', k: 'tasks' };

function indexOf(detail: string): string | undefined {
  const [, alias = '', index] =
    /^(?:SEARCH|SCAN) (\w+) USING (?:COVERING )?(?:INDEX (\w+)|PRIMARY KEY)/.exec(detail) ?? [];
  if (!alias) return undefined;
  return index && !index.startsWith('sqlite_autoindex') ? index : `${ALIASES[alias]}_pkey`;
}

async function openReadOnly(path: string): Promise<SqliteDialect> {
  const connection = connect(path);
  const dialect = new SqliteDialect(path, Date.now, () => connection);
  await dialect.migrate();
  connection.database.pragma('query_only = ON');
  return dialect;
}

const inMemory: DialectUnderTest = {
  isShared: false,
  create: async () => ({
    open: async () => new SqliteDialect(':memory:', Date.now),
    openReadOnly: () => openReadOnly(':memory:'),
    drop: async () => {},
    pretendNewer: null,
    explain,
  }),
};

const inFile: DialectUnderTest = {
  isShared: false,
  async create() {
    const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
    const path = join(directory, 'resonate.db');
    return {
      open: async () => new SqliteDialect(path, Date.now),
      openReadOnly: () => openReadOnly(path),
      drop: async () => rmSync(directory, { recursive: true }),
      pretendNewer: async () => {
        const database = new Database(path);
        database.pragma('user_version = 9999');
        database.close();
      },
      explain,
    };
  },
};

test('statements that read a file together see one snapshot, while a server writes', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
  const path = join(directory, 'resonate.db');
  const server = new SqliteDialect(path, Date.now);
  await server.migrate();
  const reader = openForReading(path);
  const other = new Database(path);
  try {
    const sql = 'SELECT count(*) FROM settings';
    const second = {
      get sql() {
        other.exec("INSERT INTO settings (key, value) VALUES ('a', 'b')");
        return sql;
      },
      params: [],
    };
    expect(await reader.plain.select([{ sql, params: [] }, second])).toEqual([[[0]], [[0]]]);
    expect(await reader.plain.select([{ sql, params: [] }])).toEqual([[[1]]]);
  } finally {
    other.close();
    await reader.close();
    await server.close();
    rmSync(directory, { recursive: true });
  }
});

const KINDS = [
  { name: 'SQLite in memory', dialect: inMemory },
  { name: 'SQLite in a file', dialect: inFile },
];
for (const { name, dialect } of someOf(KINDS, 1)) dialectConformance(name, dialect);
