import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { connect } from './connection.ts';
import { LogCheckpoint } from './log-checkpoint.ts';

const PAGES = 300;
const run = promisify(execFile);

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
  // Nothing but what is tested here writes the log back.
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

/** @param seen which file its thread opens. */
function checkpointWith(seen: string): LogCheckpoint {
  return new LogCheckpoint(database, {
    path: seen,
    pages: PAGES,
    syncFile: async () => void syncs++,
    failed: ({ message }) => void failures.push(message),
  });
}

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
  await until(() => syncs > 0);
  expect(isAllCopied()).toBe(true);
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
  expect(syncs).toBeGreaterThanOrEqual(3);
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
  checkpoint = checkpointWith(join(directory, 'no such file'));
  commitUntil(() => log().written >= PAGES);
  await until(isAllCopied);
  expect(failures).toEqual([]);
});

test('it ends before its database is closed, which then writes back what is left', async () => {
  commitUntil(() => log().written >= PAGES);
  // So the thread has the database open.
  await until(() => log().copied > 0);
  commit();
  await checkpoint.close();
  commit();
  expect(existsSync(`${path}-wal`)).toBe(true);
  database.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});

/** Threads are counted through. */
function newThreadId(): number {
  return new Worker('', { eval: true }).threadId;
}

test('no thread is begun any more once it is closed', async () => {
  const before = newThreadId();
  const closed = checkpoint.close();
  commitUntil(() => log().written >= PAGES);
  await closed;
  commitUntil(() => log().written >= 2 * PAGES);
  expect(newThreadId()).toBe(before + 1);
});

describe('a disk that fails', () => {
  /** SQLite reads there what it copies. */
  const breakLog = () => truncateSync(`${path}-wal`, 100 * 4_120);

  test.each([
    ['the thread', () => path],
    ['the last copy', () => join(directory, 'no such file')],
  ])('while %s reads the log is told of, once', async (_, seen) => {
    checkpoint = checkpointWith(seen());
    commitUntil(() => log().written >= PAGES);
    breakLog();
    await until(() => failures.length > 0);
    await checkpoint.close();
    expect(failures).toEqual(['disk I/O error']);
  });

  test.each(['close', 'exit'])(
    'and has lost what was copied: after its %s the next start has everything',
    async (end) => {
      const file = join(directory, 'b.db');
      const onDisk = join(directory, 'on disk');
      const program = fileURLToPath(new URL('./lost-pages.fixture.ts', import.meta.url));
      const { stdout } = await run(process.execPath, [program, file, onDisk, end]);
      const { rows, reason } = JSON.parse(stdout) as { rows: number; reason: string };
      expect(rows).toBeGreaterThan(PAGES);
      expect(reason).toBe("the database's log could not be written back: EIO: i/o error");

      copyFileSync(onDisk, file);
      const next = connect(file);
      expect(next.database.prepare('SELECT count(*) FROM rows').pluck().get()).toBe(rows);
      expect(next.database.pragma('integrity_check', { simple: true })).toBe('ok');
      await next.close();
    },
  );
});
