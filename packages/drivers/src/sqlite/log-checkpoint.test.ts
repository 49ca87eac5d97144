import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { LogCheckpoint } from './log-checkpoint.ts';

const PAGES = 300;

let directory: string;
let path: string;
let database: Database.Database;
let checkpoint: LogCheckpoint;
let syncs: number;
let failures: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  path = join(directory, 'a.db');
  database = new Database(path);
  database.pragma('journal_mode = WAL');
  // Only the code under test writes the log back.
  database.pragma('wal_autocheckpoint = 0');
  database.exec('CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)');
  syncs = 0;
  failures = [];
  checkpoint = checkpointWith(path);
});

afterEach(async () => {
  await checkpoint.close();
  database.close();
  rmSync(directory, { recursive: true });
});

async function countSync(): Promise<void> {
  syncs++;
}

/** @param seen which file its thread opens. */
function checkpointWith(seen: string, syncFile = countSync): LogCheckpoint {
  return new LogCheckpoint(database, {
    path: seen,
    pages: PAGES,
    syncFile,
    failed: (reason) => void failures.push(reason),
  });
}

function log(): { written: number; copied: number } {
  const [, written, copied] = database.prepare('PRAGMA wal_checkpoint(NOOP)').raw().get() as number[];
  return { written: written!, copied: copied! };
}

/** Another connection with an open read transaction. Later commits stay in the log until it ends. */
function openReader(): Database.Database {
  const reader = new Database(path);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM rows').get();
  return reader;
}

function commit(): void {
  database.prepare('INSERT INTO rows (text) VALUES (?)').run('x'.repeat(3_000));
  checkpoint.committed();
}

function commitUntil(isThere: () => boolean): void {
  while (!isThere()) commit();
}

async function until(isThere: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  while (!isThere()) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${isThere.toString()}`);
    await turn();
  }
}

async function passed(ms: number): Promise<void> {
  const endsAt = performance.now() + ms;
  await until(() => performance.now() > endsAt);
}

/** The nice values of this process's threads, as Linux shows them. */
function niceValues(): number[] {
  return readdirSync('/proc/self/task').map((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    // The name of the process, in parentheses, may have spaces.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

const isAllCopied = () => log().copied === log().written;

test('a long log is written back by the thread, not during a commit', async () => {
  commitUntil(() => log().written >= PAGES - 10);
  for (let turns = 0; turns < 50; turns++) await turn();
  expect(log().copied).toBe(0);
  commitUntil(() => log().written >= PAGES);
  expect(log().copied).toBe(0);
  await until(() => syncs > 0);
  expect(isAllCopied()).toBe(true);
  expect(log().written).toBeGreaterThanOrEqual(PAGES);
  commit();
  // SQLite reuses the log from its beginning.
  expect(log().written).toBeLessThan(10);
});

test('after scattered changes a short log is written back, once', async () => {
  commitUntil(() => log().written >= PAGES / 8);
  checkpoint.scattered();
  commit();
  await until(() => syncs > 0 && isAllCopied());
  const before = syncs;
  // A second one could begin 50 ms after the first, and would end within milliseconds.
  await passed(60);
  // SQLite reuses the log from its beginning.
  commit();
  expect(log().written).toBeLessThan(10);
  commitUntil(() => log().written >= PAGES / 8);
  await passed(60);
  expect(syncs).toBe(before);
});

test('on Linux the thread has a lower priority than the others', async () => {
  if (process.platform !== 'linux') return;
  const nicer = Math.min(19, getPriority() + 10);
  const before = niceValues().filter((nice) => nice === nicer).length;
  commitUntil(() => log().written >= PAGES);
  await until(() => syncs > 0);
  expect(niceValues().filter((nice) => nice === nicer)).toHaveLength(before + 1);
});

test('SQLite reuses the log again and again while commits continue', async () => {
  let [begunAnew, before] = [0, 0];
  while (begunAnew < 3 || syncs < 3) {
    commit();
    const { written } = log();
    if (written < before) begunAnew++;
    before = written;
    await turn();
  }
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('the log stays bounded if every commit is large', async () => {
  const insert = database.prepare('INSERT INTO rows (text) VALUES (?)');
  const large = database.transaction(() => {
    for (let row = 0; row < PAGES / 3; row++) insert.run('x'.repeat(3_000));
  });
  const lengths: number[] = [];
  while (syncs < 20) {
    large();
    checkpoint.committed();
    lengths.push(log().written);
    const before = syncs;
    if (log().written >= PAGES) await until(() => syncs > before && isAllCopied());
  }
  expect(Math.max(...lengths)).toBeLessThan(2 * PAGES);
});

test('commits after the start of an open read transaction stay in the log until it ends', async () => {
  commit();
  const reader = openReader();
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

test('if the thread cannot open the file, the log is written back anyway', async () => {
  checkpoint = checkpointWith(join(directory, 'no such file'));
  commitUntil(() => log().written >= PAGES);
  await until(isAllCopied);
  expect(failures).toEqual([]);
});

test('a log that is far too long is written back by a commit', async () => {
  const reader = openReader();
  commitUntil(() => log().written >= 5 * PAGES);
  expect(log().copied).toBeLessThan(PAGES);
  reader.close();
  commit();
  expect(isAllCopied()).toBe(true);
});

test('after the checkpoint was closed, closing the database writes back the rest of the log', async () => {
  commitUntil(() => log().written >= PAGES);
  // Now the thread has the database open.
  await until(() => log().copied > 0);
  commit();
  await checkpoint.close();
  commit();
  expect(existsSync(`${path}-wal`)).toBe(true);
  database.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});

/** Node numbers the threads of a process consecutively. */
function newThreadId(): number {
  return new Worker('', { eval: true }).threadId;
}

test('a closed checkpoint starts no thread', async () => {
  const before = newThreadId();
  const closed = checkpoint.close();
  commitUntil(() => log().written >= PAGES);
  await closed;
  commitUntil(() => log().written >= 2 * PAGES);
  expect(newThreadId()).toBe(before + 1);
});

describe('a disk that fails', () => {
  test('while the thread reads the log is reported once', async () => {
    const other = new Database(join(directory, 'other.db'));
    other.pragma('journal_mode = WAL');
    other.exec('CREATE TABLE rows (n INTEGER PRIMARY KEY)');
    truncateSync(`${other.name}-wal`, 100);
    checkpoint = checkpointWith(other.name);
    commitUntil(() => log().written >= PAGES);
    await until(() => failures.length > 0);
    await checkpoint.close();
    other.close();
    expect(failures).toEqual(['disk I/O error']);
    expect(log().copied).toBe(0);
  });

  test('while the last pages are copied is reported once', async () => {
    checkpoint = checkpointWith(join(directory, 'no such file'));
    commitUntil(() => log().written >= PAGES);
    truncateSync(`${path}-wal`, 100);
    await until(() => failures.length > 0);
    await checkpoint.close();
    expect(failures).toEqual(['disk I/O error']);
  });

  test('ends all copying', async () => {
    const [asked, lost] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    checkpoint = checkpointWith(path, () => {
      asked.resolve();
      return lost.promise;
    });
    commitUntil(() => log().written >= PAGES / 2);
    const reader = openReader();
    commitUntil(() => log().written >= PAGES);
    await asked.promise;
    reader.close();
    const { copied } = log();
    lost.reject(new Error('EIO: i/o error'));
    await until(() => failures.length > 0);
    for (let count = 0; count < 5 * PAGES; count++) commit();
    await checkpoint.close();
    expect(log().copied).toBe(copied);
  });
});
