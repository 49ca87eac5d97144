import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StoreUnavailable } from '@resonate/drivers';
import { Needs } from '@resonate/machine';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteDialect } from './dialect.ts';

let directory: string;
let dialect: SqliteDialect;
let shell: Database.Database;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
  const path = join(directory, 'resonate.db');
  dialect = new SqliteDialect(path, Date.now);
  await dialect.migrate();
  shell = new Database(path);
});

afterEach(async () => {
  shell.close();
  await dialect.close();
  rmSync(directory, { recursive: true });
});

test('while a database shell has the file locked, the store is unavailable', async () => {
  shell.exec('BEGIN IMMEDIATE');
  let decided = 0;
  const transact = () =>
    dialect.transact(new Needs(), () => {
      decided++;
      return { changes: null, result: null };
    });
  await expect(transact()).rejects.toThrow(StoreUnavailable);
  expect(decided).toBe(0);
  shell.exec('ROLLBACK');
  await transact();
  expect(decided).toBe(1);
});

test('a shell that only reads blocks no transaction', async () => {
  shell.exec('BEGIN');
  shell.prepare('SELECT COUNT(*) FROM promises').get();
  await dialect.transact(new Needs(), () => ({ changes: null, result: null }));
  expect(shell.inTransaction).toBe(true);
});
