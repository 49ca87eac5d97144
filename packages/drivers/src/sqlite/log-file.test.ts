import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { connect } from './connection.ts';
import { LogFile } from './log-file.ts';

const MIB = 1024 * 1024;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('after a crash exactly the synced rows are there: SQLite ignores the zeros behind the log', async () => {
  const path = join(directory, 'a.db');
  const { database, log, close } = connect(path);
  database.exec('CREATE TABLE numbers (n INTEGER)');
  const insert = database.prepare('INSERT INTO numbers VALUES (?)');
  for (let n = 0; n < 100; n++) {
    insert.run(n);
    log?.wrote();
    await log?.durable();
  }
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(MIB);
  const crashed = join(directory, 'crashed.db');
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, crashed + suffix);
  await close();
  const recovered = new Database(crashed);
  expect(recovered.prepare('SELECT count(*), max(n) FROM numbers').raw().get()).toEqual([100, 99]);
  expect(recovered.pragma('integrity_check', { simple: true })).toBe('ok');
  recovered.close();
});

test('with synchronous = normal nothing waits for the disk, and a killed process loses nothing', async () => {
  const path = join(directory, 'normal.db');
  const { database, log, close } = connect(path, { synchronous: 'normal' });
  database.exec('CREATE TABLE numbers (n INTEGER)');
  database.prepare('INSERT INTO numbers VALUES (7)').run();
  log?.wrote();
  await log?.durable();
  // `LogFile.sync` would have lengthened the log.
  expect(statSync(`${path}-wal`).size).toBeLessThan(MIB);
  const killed = join(directory, 'killed.db');
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, killed + suffix);
  await close();
  const recovered = new Database(killed);
  expect(recovered.prepare('SELECT n FROM numbers').pluck().all()).toEqual([7]);
  recovered.close();
});

test('when SQLite has written to the end of the log, it is lengthened, up to its limit, and its contents stay', async () => {
  const path = join(directory, 'log');
  const write = (bytes: number) => writeFileSync(path, Buffer.alloc(bytes, 1), { flag: 'a' });
  writeFileSync(path, 'frames');
  const log = new LogFile(path, 2 * MIB);
  await log.sync();
  expect(statSync(path).size).toBe(MIB + 6);
  await log.sync();
  expect(statSync(path).size).toBe(MIB + 6);
  write(1);
  await log.sync();
  expect(statSync(path).size).toBe(2 * MIB + 7);
  write(1);
  await log.sync();
  expect(statSync(path).size).toBe(2 * MIB + 8);
  expect(readFileSync(path, 'latin1').slice(0, 8)).toBe('frames\0\0');
  log.close();
});
