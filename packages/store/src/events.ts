import type { Command } from '@resonate/machine';
import type { StoreUnavailable } from './dialect.ts';

/** What is asked of the database, as operators know it. Rare operations have no name and are not measured. */
export type StoreOperation =
  'write' | 'read' | 'search' | 'timers' | 'claim' | 'queues' | 'acknowledge' | 'release' | 'elect' | 'heartbeat';

/** A batch that was answered. */
export interface Batch {
  sort: 'write' | 'read';
  size: number;
  commands(): Command[];
  /** How long the one that waited longest did so before the batch began. */
  waitedMs: number;
  ms: number;
}

/** What happens inside the store, for metrics and logs. */
export interface StoreEvents {
  batchDone(batch: Batch): void;
  /** A fault of the program or the database: the request got a 500. */
  faulted(kind: string, error: unknown): void;
  /** A timeout, a lease's end or a schedule's occurrence could not be fired. It is tried again later. */
  timerFailed(timer: { sort: string; id: string; fault: string }): void;
  /** The database could not be asked for a batch or a search: its requests got a 503 that does not tell why. */
  unavailable(error: StoreUnavailable): void;
  /** A batch that lost against another one is run again. */
  conflicted(attempt: number): void;
  /** A batch is run again with more rows. */
  repeated(): void;
  /** A batch was run again so often that it is now split; a request that is alone gets an error instead. */
  gaveUp(reason: 'conflict' | 'more_rows'): void;
  /** Runs `work` and observes how long it takes and how it fails. Changes neither its result nor its error. */
  measured<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T>;
}

/** Whoever observes nothing of an event leaves it out. */
export function completeEvents(events: Partial<StoreEvents>): StoreEvents {
  const ignore = () => {};
  return {
    batchDone: ignore,
    faulted: ignore,
    timerFailed: ignore,
    unavailable: ignore,
    conflicted: ignore,
    repeated: ignore,
    gaveUp: ignore,
    measured: (_operation, work) => work(),
    ...events,
  };
}
