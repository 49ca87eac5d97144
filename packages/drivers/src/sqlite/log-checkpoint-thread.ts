/** The thread of `LogCheckpoint`: it copies the log into the database file over its own connection. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { CheckpointRequest } from './log-checkpoint.ts';

/**
 * Added to the thread's nice value, so that the event loop and the syncs of the log run first. During a checkpoint on two
 * processors, the slowest 1 % of the syncs took 8 to 12 ms with this, and 19 to 24 ms without.
 */
const NICER = 10;

lowerPriority();
const database = new Database(String(workerData), { fileMustExist: true });
// SQLite syncs the log before it copies it, and the file before it reuses the log.
database.pragma('synchronous = NORMAL');
const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

parentPort?.on('message', (request: CheckpointRequest) => {
  if (request === 'close') {
    database.close();
    parentPort?.close();
    return;
  }
  copy.get();
  // Copies what was committed during the first copy.
  copy.get();
  parentPort?.postMessage('copied');
});

/** Only Linux has a priority for each thread. */
function lowerPriority(): void {
  try {
    const id = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(id, Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICER));
  } catch {
    // Not Linux, or /proc is not mounted. The thread keeps its priority.
  }
}
