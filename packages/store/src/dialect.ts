import { RequestTooLarge, type Pool, type Traffic } from '@resonate/drivers';
import type { FoundRows } from './sql/search.ts';
import type {
  Changes,
  DueSchedule,
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
import type { Heartbeat, ProcessRow } from './tables.ts';
import type { OutboxSql } from './sql/outbox-sql.ts';
import type { PlainSql } from './sql/plain-sql.ts';
import type { Statement } from './sql/statement.ts';

/**
 * What a database must be able to do: lock, load and write rows, find them, elect a process and migrate. Its
 * implementations contain no rule of the protocol. The test suite in `conformance/` defines what they must do.
 */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres' | 'mysql';
  /** True if other processes may use the same database. */
  readonly isShared: boolean;
  /** A working database answers a batch within this time, in ms. After it the process reports that it is not ready. */
  readonly answersWithinMs: number;
  /**
   * The maximum length, in characters, of an id, an address or one of the tags target, origin, branch, parent and schedule.
   * Unset: only the protocol's limit of 1,280 bytes.
   */
  readonly maxIdLength?: number;
  /** How many promises one step of a sweep should delete. @param batchSize `retention.batch_size`. */
  sweepStep(batchSize: number): number;
  /** Counts the statements sent to the database server; absent if the database runs inside this process. */
  readonly traffic?: Readonly<Traffic>;
  /** The current use of its connections; absent if the database runs inside this process. */
  readonly pool?: Readonly<Pool>;
  /**
   * Aborted, with a StoreUnavailable, when the process must be restarted: the disk failed, so rows that are read may not be
   * on it. Absent for a database server, which handles failures of its disk itself.
   */
  readonly failed?: AbortSignal | undefined;
  /** Plain SQL for rare operations. */
  readonly plain: PlainSql;

  /**
   * Brings the schema up to date. Several processes may do so at once.
   * @throws if a newer program has migrated the database.
   */
  migrate(): Promise<void>;

  /**
   * One atomic batch: locks and loads `needs` in a fixed order (docs/locking.md), calls `decide` with the rows and the
   * store's clock, writes the changes, and commits. If the rows are remembered, `decide` is called with these and with an
   * estimate of the clock. If it then makes no changes, the rows are read and `decide` is called again.
   * @returns what `decide` returned, once that is committed.
   * @throws StoreUnavailable, BatchConflict (both: nothing was committed), OutcomeUnknown, or another error of the driver.
   */
  transact<Result>(needs: Needs, decide: Decide<Result>): Promise<Decision<Result>>;

  /** Loads the same rows without locks, for requests that change nothing. */
  load(needs: Needs): Promise<{ loaded: Loaded; now: number }>;

  /** At most `query.limit` rows in byte order of id. Tags are compared as the index has them (`tagIndexText`). */
  searchPromises(query: PromiseQuery): Promise<FoundRows<PromiseRow>>;
  searchTasks(query: TaskQuery): Promise<TaskRow[]>;
  /** At most `query.limit` schedules with an id above `query.after`, whatever their tags: the caller compares these. */
  searchSchedules(query: ScheduleQuery): Promise<FoundRows<ScheduleRow>>;

  /** Timers that are due at `now`, the oldest first, at most `limit` of each sort. */
  dueTimers(now: number, limit: number): Promise<DueTimers>;
  /** When the next timer is due; null without any. */
  nextTimerAt(): Promise<number | null>;

  /** Finds and locks messages. */
  readonly outbox: OutboxSql;
  /**
   * One transaction whose commit does not wait for the disk, so a crash may undo it: runs `reads`, calls `decide` with the
   * rows of each and the store's clock, and writes what it returns. Use it only for work that is repeated after a crash: a
   * message is sent again, and retention deletes again.
   * @throws BatchConflict (nothing was committed), StoreUnavailable (nothing, or it is not known), or another error of the driver.
   */
  rewrite<Result>(
    reads: readonly Statement[],
    decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
  ): Promise<Result>;

  /**
   * The targets of a transport that have messages, with the earliest due time of each: the first `limit` targets after
   * `after`, in byte order of their names.
   */
  waitingTargets(transport: Transport, limit: number, after?: string): Promise<WaitingTarget[]>;
  /** How many messages are due for these targets, counted up to `limit`, because counting reads each of these rows. */
  countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number>;
  /** When the first message for each of these targets is due. Targets without messages are left out. */
  nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]>;
  /** The database's clock, epoch ms. All processes that share a database go by it. */
  now(): Promise<number>;

  /**
   * Makes this process the only one of the cluster that holds `role`. Postgres uses an advisory lock, MySQL uses GET_LOCK,
   * each on a connection of its own; both can use a lease row instead (`storage.election`). SQLite always succeeds,
   * because only one process uses the file.
   * @returns null while another process holds the role.
   * @throws StoreUnavailable
   */
  elect(role: string, processId: string): Promise<Leadership | null>;

  /** Inserts or updates the row of this process, with the database's clock as the time of its heartbeat. */
  heartbeat(process: Heartbeat): Promise<void>;
  /** Every process that has a row, by id. */
  processes(): Promise<ProcessRow[]>;
  removeProcesses(ids: readonly string[]): Promise<void>;

  /** Removes the batch numbers of connections that ended over a day ago. Absent where batches have no numbers. */
  forgetConnections?(): Promise<void>;
  /**
   * Rebuilds indexes that are far larger than their rows need, without blocking requests. Absent where it does not help.
   * @returns how many indexes.
   */
  reindex?(signal: AbortSignal): Promise<number>;

  /** All promises, tasks, callbacks, listeners and schedules, for debug.snap. The other tables of `Loaded` are empty. */
  dump(): Promise<Loaded>;
  /** Empties the tables with records of clients (`RECORD_TABLES`). */
  reset(): Promise<void>;

  /** Reads one entry of a small durable map, for switches of the whole cluster. */
  readSetting(key: string): Promise<string | null>;
  writeSetting(key: string, value: string): Promise<void>;

  close(): Promise<void>;
}

/** What a batch decided: the changes to write (null: none), and a result for the caller. */
export interface Decision<Result> {
  changes: Changes | null;
  result: Result;
}

/** Synchronous, so nothing else runs between reading the rows and making the changes. */
export type Decide<Result> = (loaded: Loaded, now: number) => Decision<Result>;

/** What one `Dialect.rewrite` writes: rows, and then further statements. */
export interface Rewrite<Result> {
  changes?: Partial<Changes>;
  also?: readonly Statement[];
  /** The changed rows are spread over their tables. SQLite then writes its log back to the file earlier. */
  isScattered?: boolean;
  /** @param also the rows of each further statement. */
  result(also: unknown[][][]): Result;
}

/**
 * A role that this process holds. A process notices within seconds, not at once, that it lost the role. So for seconds two
 * processes may act as the leader, and this must do no harm.
 */
export interface Leadership {
  /** Aborted when the role is lost or given up. Then another process may hold it. */
  readonly ended: AbortSignal;
  /** Gives the role up, so that another process can take it at once. */
  release(): Promise<void>;
}

export interface DueTimer {
  id: string;
  at: number;
}

export interface DueTimers {
  promises: DueTimer[];
  leases: DueTimer[];
  schedules: DueSchedule[];
}

export interface WaitingTarget {
  target: string;
  dueAt: number;
}

/** The state of a database, read without changing it. */
export interface Inspection {
  /** The version of its last migration; null if no server has used it yet. */
  schemaVersion: number | null;
  /** The version that this program migrates to. */
  knownVersion: number;
  /** The store's clock, epoch ms. */
  now: number;
  /**
   * It accepts no writes now: it is a replica (MySQL), or it was made read-only, for example because its disk is full. A
   * standby of Postgres is refused instead.
   */
  isReadOnly: boolean;
}

/**
 * The promises and schedules of a batch are too large to be loaded together. Nothing was done. A batch of several requests is
 * split.
 */
export class TooMuchAtOnce extends RequestTooLarge {
  constructor() {
    super('the promises or schedules that it names are too large to be loaded together');
  }
}
