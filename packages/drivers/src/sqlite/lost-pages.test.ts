import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { connect } from './connection.ts';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('./lost-pages.fixture.ts', import.meta.url));

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lost-pages-'));
  path = join(directory, 'a.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the program, then replaces its file by the copy that was on the disk. @returns how many rows were committed. */
async function runProgram(end: string): Promise<number> {
  const onDisk = join(directory, 'on disk');
  const { stdout } = await run(process.execPath, [PROGRAM, path, onDisk, end]);
  const { rows, reason } = JSON.parse(stdout) as { rows: number; reason: string };
  expect(reason).toBe("the database's log could not be written back: EIO: i/o error");
  expect(rows).toBeGreaterThan(0);
  copyFileSync(onDisk, path);
  return rows;
}

async function expectRows(rows: number): Promise<void> {
  const { database, close } = connect(path);
  // Writes back everything that the start has found in the log.
  database.pragma('wal_checkpoint(TRUNCATE)');
  expect(database.prepare('SELECT count(*) FROM rows').pluck().get()).toBe(rows);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  await close();
}

test.each(['close', 'exit', 'end'])('if the program ends by %s, the next start finds all rows', async (end) => {
  await expectRows(await runProgram(end));
});

/** A database shell that only keeps the file open. */
async function openShell() {
  const made = new Database(path);
  made.pragma('journal_mode = WAL');
  made.close();
  const script = `
    const database = new (require('better-sqlite3'))(process.argv[1]);
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    console.log('open');
    process.stdin.resume();`;
  const shell = spawn(process.execPath, ['-e', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(shell.stdout, 'data');
  return {
    async close() {
      shell.stdin.end();
      await once(shell, 'exit');
    },
  };
}

test('the next start finds all rows even if a database shell was open all the time', async () => {
  const shell = await openShell();
  try {
    await expectRows(await runProgram('exit'));
  } finally {
    await shell.close();
  }
});

test('a start writes the log of an earlier server again, because it may not be on the disk', async () => {
  const { database, close } = connect(path);
  database.exec('CREATE TABLE rows (text TEXT)');
  database.prepare('INSERT INTO rows VALUES (?)').run('x'.repeat(5_000_000));
  const crashed = join(directory, 'crashed.db');
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, crashed + suffix);
  await close();
  const { size } = statSync(`${crashed}-wal`);
  expect(size).toBeGreaterThan(5_000_000);

  const before = bytesWritten();
  const next = connect(crashed);
  expect(bytesWritten() - before).toBeGreaterThanOrEqual(size);
  expect(next.database.prepare('SELECT length(text) FROM rows').pluck().get()).toBe(5_000_000);
  await next.close();
});

/** The bytes that this process has written so far. */
function bytesWritten(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}
