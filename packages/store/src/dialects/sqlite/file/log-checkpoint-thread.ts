/** The thread of `LogCheckpoint`: copies the log into the database file with a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { CheckpointRequest } from './log-checkpoint.ts';

const database = new Database(workerData as string, { fileMustExist: true });
// The log is synced before it is copied, the file before the log begins anew.
database.pragma('synchronous = NORMAL');
const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

parentPort?.on('message', (request: CheckpointRequest) => {
  if (request === 'close') {
    database.close();
    parentPort?.close();
    return;
  }
  copy.get();
  // What was committed meanwhile, which is little.
  copy.get();
  parentPort?.postMessage('copied');
});
