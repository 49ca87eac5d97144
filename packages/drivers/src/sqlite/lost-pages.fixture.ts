/**
 * A program whose disk loses the pages that a checkpoint has copied. Arguments: the database file; where to put a copy of the
 * file from before the checkpoint; how the program ends: `close`, `exit`, or `end` (nothing is left to do).
 * Prints `{ rows, reason }`: how many rows are committed, and why no more can be committed.
 */
import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { connect } from './connection.ts';

const [path = '', onDisk = '', end = ''] = process.argv.slice(2);
const PAGES = 300;

const connection = connect(path, {
  checkpointPages: PAGES,
  syncFile: async () => {
    reader.close();
    throw new Error('EIO: i/o error');
  },
});
const { database, log, checkpoint } = connection;
database.exec('CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)');
database.pragma('wal_checkpoint(TRUNCATE)');
copyFileSync(path, onDisk);

insert(PAGES / 2);
// This open transaction keeps the thread from copying everything, which would use SQLite's own sync.
const reader = new Database(path);
reader.exec('BEGIN');
reader.prepare('SELECT count(*) FROM rows').get();

log!.failed.addEventListener('abort', () => {
  const rows = database.prepare('SELECT count(*) FROM rows').pluck().get();
  console.log(JSON.stringify({ rows, reason: (log!.failed.reason as Error).message }));
  if (end === 'exit') process.exit();
  clearInterval(alive);
  if (end === 'close') void connection.close();
});
insert(PAGES);
// The thread alone does not keep the process running.
const alive = setInterval(() => undefined, 1_000);

/** Inserts this many rows of about one page each. */
function insert(rows: number): void {
  const statement = database.prepare('INSERT INTO rows (text) VALUES (?)');
  for (let row = 0; row < rows; row++) statement.run('x'.repeat(3_000));
  checkpoint!.committed();
}
