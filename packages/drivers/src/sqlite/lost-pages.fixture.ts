/**
 * A program whose disk loses what its checkpoint has copied, after a while. Arguments: the database file; where to copy it to
 * as it was before that; how the program ends: `close`, `exit`, or `end`, when nothing is left to do.
 * Prints `{ rows, reason }`: how many rows are committed, and why no more can be.
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
// Without it the thread could copy everything, with SQLite's own sync.
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
// The thread alone does not keep a program.
const alive = setInterval(() => undefined, 1_000);

/** As many rows, of a page each. */
function insert(rows: number): void {
  const statement = database.prepare('INSERT INTO rows (text) VALUES (?)');
  for (let row = 0; row < rows; row++) statement.run('x'.repeat(3_000));
  checkpoint!.committed();
}
