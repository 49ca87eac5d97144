import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { LogCheckpoint } from './log-checkpoint.ts';

const PAGES = 300;

let directory: string;
let path: string;
let database: Database.Database;
let checkpoint: LogCheckpoint;
const syncFile = async () => undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  path = join(directory, 'a.db');
  database = new Database(path);
  database.pragma('journal_mode = WAL');
  // Nothing but what is tested here writes the log back.
  database.pragma('wal_autocheckpoint = 0');
  database.exec('CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)');
  checkpoint = new LogCheckpoint(database, path, PAGES, syncFile);
});

afterEach(async () => {
  await checkpoint.close();
  database.close();
  rmSync(directory, { recursive: true });
});

function log(): { written: number; copied: number } {
  const [, written, copied] = database.prepare('PRAGMA wal_checkpoint(NOOP)').raw().get() as number[];
  return { written: written!, copied: copied! };
}

function commit(): void {
  database.prepare('INSERT INTO rows (text) VALUES (?)').run('x'.repeat(3_000));
  checkpoint.committed();
}

function commitUntil(isThere: () => boolean): void {
  while (!isThere()) commit();
}

async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await turn();
}

const isAllCopied = () => log().copied === log().written;

test('a log that has become long is written back while nobody waits for it', async () => {
  commitUntil(() => log().written >= PAGES - 10);
  for (let turns = 0; turns < 50; turns++) await turn();
  expect(log().copied).toBe(0);
  commitUntil(() => log().written >= PAGES);
  expect(log().copied).toBe(0);
  await until(isAllCopied);
  expect(log().written).toBeGreaterThanOrEqual(PAGES);
  commit();
  // It has begun anew.
  expect(log().written).toBeLessThan(10);
});

test('the log begins anew while commits never cease, again and again', async () => {
  let [begunAnew, before] = [0, 0];
  while (begunAnew < 3) {
    commit();
    const { written } = log();
    if (written < before) begunAnew++;
    before = written;
    await turn();
  }
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('what somebody reads elsewhere stays in the log until they have done', async () => {
  commit();
  const reader = new Database(path);
  reader.exec('BEGIN');
  expect(reader.prepare('SELECT count(*) FROM rows').pluck().get()).toBe(1);
  commitUntil(() => log().written >= 2 * PAGES);
  await until(() => log().copied > 0);
  expect(reader.prepare('SELECT count(*) FROM rows').pluck().get()).toBe(1);
  expect(isAllCopied()).toBe(false);
  reader.exec('COMMIT');
  reader.close();
  while (!isAllCopied()) {
    commit();
    await turn();
  }
});

test('without its thread the log is written back all the same', async () => {
  checkpoint = new LogCheckpoint(database, join(directory, 'no such file'), PAGES, syncFile);
  commitUntil(() => log().written >= PAGES);
  await until(isAllCopied);
});

test('it ends before its database is closed, which then writes back what is left', async () => {
  commitUntil(() => log().written >= PAGES);
  commit();
  await checkpoint.close();
  commit();
  expect(existsSync(`${path}-wal`)).toBe(true);
  database.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});
