/** The thread of `LogCheckpoint`: copies the log into the database file with a connection of its own. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { CheckpointRequest } from './log-checkpoint.ts';

/**
 * How much nicer the thread is than its process. With two processors the event loop and the syncs of the log go first:
 * during a checkpoint 1 % of the syncs took 8 to 12 ms, and 19 to 24 ms without this.
 */
const NICER = 10;

lowerPriority();
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

/** Linux has a priority for each thread. Elsewhere the thread keeps its own. */
function lowerPriority(): void {
  try {
    const id = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(id, Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICER));
  } catch {
    // No Linux, or no /proc.
  }
}
