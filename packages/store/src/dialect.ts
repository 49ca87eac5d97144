import type { FoundRows } from './sql/search.ts';
import type {
  Changes,
  Loaded,
  Needs,
  PromiseQuery,
  PromiseRow,
  ScheduleQuery,
  ScheduleRow,
  TaskQuery,
  TaskRow,
} from '@resonate/machine';
import type { Transport } from '@resonate/protocol';
import type { ProcessInfo, ProcessRow } from './processes.ts';
import type { OutboxSql, OutboxWrites } from './sql/outbox-sql.ts';
import type { PlainSql } from './sql/plain-sql.ts';
import type { Statement } from './sql/statement.ts';

/**
 * What a database must be able to do. No rule of the protocol lives behind this interface: it locks, loads, writes,
 * claims, finds, elects and migrates. The suite in `conformance/` is its definition.
 */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres' | 'mysql';
  /** Other processes may work on the same database. */
  readonly isShared: boolean;
  /** A batch is answered within this time, in ms, if the database works at all: time-outs end it otherwise. */
  readonly answersWithinMs: number;
  /** How many characters an id, an address or a lineage tag may have; unset: any number. */
  readonly maxIdLength?: number;
  /** Counts what was asked of the database server; absent where the database is in the process. */
  readonly traffic?: Readonly<Traffic>;
  /** Its connections as they are now; absent where the database is in the process. */
  readonly pool?: Readonly<Pool>;
  /**
   * Aborted, with a StoreUnavailable, once only a new start can help: the disk has failed, and what of it can be read is
   * not what is on it. Absent where a database server sees to its own disk.
   */
  readonly failed?: AbortSignal | undefined;
  /** For what is done rarely to the outbox: dead letters, and what is put off for a target that keeps failing. */
  readonly plain: PlainSql;

  /** Brings the schema up to date; safe when many processes start at once. Refuses a database newer than the program. */
  migrate(): Promise<void>;

  /**
   * One atomic batch: locks and loads `needs` (the lock ladder, ARCHITECTURE.md), calls `decide` once with the rows and
   * the store's clock, writes the changes, commits.
   * @returns what `decide` returned, once that is committed.
   * @throws StoreUnavailable, BatchConflict (both: nothing was committed), OutcomeUnknown, or the driver's error.
   */
  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>>;

  /** The same rows without a lock, for requests that change nothing. */
  load(needs: Needs): Promise<{ loaded: Loaded; now: number }>;

  /** At most `query.limit` rows in byte order of id. Tags are matched as the index holds them (`tagIndexText`). */
  searchPromises(query: PromiseQuery): Promise<FoundRows<PromiseRow>>;
  searchTasks(query: TaskQuery): Promise<TaskRow[]>;
  /** All schedules above `query.after`; tags are left to the caller. */
  searchSchedules(query: ScheduleQuery): Promise<FoundRows<ScheduleRow>>;

  /** Timers that are due at `now`, oldest first, at most `limit` of each sort. */
  dueTimers(now: number, limit: number): Promise<DueTimers>;
  /** When the next timer is due; null without any. */
  nextTimerAt(): Promise<number | null>;

  /** How messages are found and locked. */
  readonly outbox: OutboxSql;
  /**
   * One transaction on the outbox: runs `reads`, lets `decide` see their rows and the store's clock, writes what it
   * returns. A crash may undo it, and then messages go out again, as they may anyway: it waits for no disk.
   * @throws BatchConflict (nothing was committed), StoreUnavailable (nothing, or it is not known), or the driver's error.
   */
  rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => OutboxWrites<Result>,
  ): Promise<Result>;

  /**
   * The targets of a transport that messages wait for, with the earliest due time of each: at most `limit`, in byte
   * order of their names, those after `after`.
   */
  waitingTargets(transport: Transport, limit: number, after?: string): Promise<WaitingTarget[]>;
  /** How many messages are due for these targets, counted up to `limit`: what is looked at is what is counted. */
  countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number>;
  /** When the first message for each of these targets is due; those without any are left out. */
  nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]>;
  /** The store's clock, epoch ms: the cluster's where it is shared. */
  now(): Promise<number>;

  /**
   * Makes this process the only one of the cluster that holds `role`; null while another one does. Postgres: an
   * advisory lock of a dedicated connection, MySQL: GET_LOCK on one, both: or a lease row (`storage.election`);
   * SQLite: always, the file belongs to this process.
   * @throws StoreUnavailable
   */
  elect(role: string, processId: string): Promise<Leadership | null>;

  /** Writes this process's row with the store's clock as its heartbeat (insert or update). */
  heartbeat(process: ProcessInfo): Promise<void>;
  /** Every process that has a row, by id. */
  processes(): Promise<ProcessRow[]>;
  removeProcesses(ids: readonly string[]): Promise<void>;

  /**
   * Rebuilds indexes that have grown far beyond what their rows need, while requests go on; absent where that is of no use.
   * @returns how many.
   */
  reindex?(signal: AbortSignal): Promise<number>;

  /** Everything, for debug.snap. */
  dump(): Promise<Loaded>;
  /** Empties every table that holds records; switches (settings) and who runs stay as they are. */
  reset(): Promise<void>;

  /** A small durable map for cluster-wide switches. */
  readSetting(key: string): Promise<string | null>;
  writeSetting(key: string, value: string): Promise<void>;

  close(): Promise<void>;
}

/** What a batch decided: what to write, where null is nothing, and what else its caller wants to know. */
export interface Decision<Result> {
  changes: Changes | null;
  result: Result;
}

/** Synchronous: nothing else happens between the rows it sees and the changes it makes. */
export type Decide<Result> = (loaded: Loaded, now: number) => Decision<Result>;

/** What this process has asked of its database server so far. */
export interface Traffic {
  /** BEGIN, COMMIT and the like included. */
  statements: number;
  /** Messages that were answered: several statements may share one. */
  roundTrips: number;
}

/** The connections of a process to its database server. */
export interface Pool {
  /** How many it may have. */
  size: number;
  /** How many are lent. */
  used: number;
  /** Who waits for one. */
  waiting: number;
}

/**
 * A role held by this process. Losing it is noticed within seconds, not at once: what a leader does must bear a second
 * one beside it for that long.
 */
export interface Leadership {
  /** Aborted once it is lost or given up; then another process may hold the role. */
  readonly ended: AbortSignal;
  /** Gives the role up, so that another process need not wait. */
  release(): Promise<void>;
}

export interface DueTimer {
  id: string;
  at: number;
}

export interface DueTimers {
  promises: DueTimer[];
  leases: DueTimer[];
  schedules: ScheduleRow[];
}

export interface WaitingTarget {
  target: string;
  dueAt: number;
}

/** The database can't be reached or is shutting down; nothing was committed. Clients get 503. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The batch lost against another one (deadlock, serialization, insert collision); nothing was committed. */
export class BatchConflict extends Error {
  override readonly name = 'BatchConflict';
}

/** A request that the database can't take whatever the others of its batch are; nothing was committed. Clients get 400. */
export class RequestTooLarge extends Error {
  override readonly name = 'RequestTooLarge';
}

/** The promises of a batch are too large to be loaded together; nothing was done. A batch of several requests is split. */
export class TooMuchAtOnce extends RequestTooLarge {
  constructor() {
    super('the promises that it names are too large to be loaded together');
  }
}

/** The connection broke while the commit was under way, and it could not be found out whether it happened. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}
