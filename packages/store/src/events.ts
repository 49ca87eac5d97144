import type { StoreUnavailable } from '@resonate/drivers';
import type { Command } from '@resonate/machine';
import type { BatchTimes } from './engine/batcher.ts';

/** Operations on the database, as metrics name them. Rare operations have no name and are not measured. */
export type StoreOperation =
  | 'write'
  | 'read'
  | 'search'
  | 'timers'
  | 'claim'
  | 'queues'
  | 'acknowledge'
  | 'release'
  | 'elect'
  | 'heartbeat';

/** A batch whose requests were answered. */
export interface Batch extends BatchTimes {
  sort: 'write' | 'read';
  size: number;
  commands(): Command[];
}

/** What happens inside the store, for metrics and logs. */
export interface StoreEvents {
  batchDone(batch: Batch): void;
  /**
   * The program or the database failed, and the request got a 500. Also called if something fails after the commit, such as
   * a handover. Then the requests get their normal answers, and `kind` is that of the first one.
   */
  requestFailed(kind: string, error: unknown): void;
  /** A promise timeout, a lease end or a schedule could not be fired. It is tried again later. */
  timerFailed(timer: { sort: string; id: string; fault: string }): void;
  /** The database was unavailable for a batch or a search. Its requests got a 503 without the reason. */
  unavailable(error: StoreUnavailable): void;
  /** A batch conflicted with another one and runs again. */
  conflicted(attempt: number): void;
  /** A batch runs again, with more rows. */
  repeated(): void;
  /** A batch ran so often that it is split now. If it has only one request, that one gets an error. */
  gaveUp(reason: 'conflict' | 'more_rows'): void;
  /** Runs `work` and measures how long it takes and whether it fails. Returns its result, or throws its error. */
  measured<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T>;
}

/** Adds an empty function for each event that is left out. */
export function completeEvents(events: Partial<StoreEvents>): StoreEvents {
  const ignore = () => {};
  return {
    batchDone: ignore,
    requestFailed: ignore,
    timerFailed: ignore,
    unavailable: ignore,
    conflicted: ignore,
    repeated: ignore,
    gaveUp: ignore,
    measured: (_operation, work) => work(),
    ...events,
  };
}
