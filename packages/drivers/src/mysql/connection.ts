import { randomUUID } from 'node:crypto';
import mysql from 'mysql2';
import { errorText } from '../error-text.ts';
import { BatchConflict, ConnectionLost, RequestTooLarge, StoreUnavailable } from '../errors.ts';
import { ServerConnections, ServerSession, type Lent, type Rows, type Traffic } from '../server.ts';
import { quote } from './literal.ts';
import { connectionOptions } from './url.ts';

export interface MysqlOptions {
  /** mysql://user:password@host:3306/database?ssl-mode=…&ssl-ca=… (`connectionOptions`). */
  url: string;
  poolSize: number;
  connectTimeoutMs: number;
  /**
   * How long one statement may take (MySQL limits only SELECT by it; a wait for a lock ends after 5 s). If there is no answer
   * 5 s after this time, the connection is closed.
   */
  statementTimeoutMs: number;
  /** After this time MySQL ends an unused connection; 10 s by default. The pool closes it earlier. */
  idleS?: number;
  /** Also uses a server that is read-only. */
  mayBeReadOnly?: boolean;
}

export const BEGIN = 'START TRANSACTION';
export const COMMIT = 'COMMIT';

const LOCK_TIMEOUT_S = 5;
const KEEPALIVE_MS = 10_000;
/** How long a paused or dead process keeps its locks on MariaDB. MySQL has no such setting: there it is IDLE_S. */
const IDLE_IN_TRANSACTION_S = 5;
const IDLE_S = 10;
/**
 * The pool closes an unused connection this much earlier than the server does, because mysql2 writes a warning to standard
 * error when the server closes it. The pool checks once per second.
 */
const CLOSED_BEFORE_MS = 2_000;

/** Deadlock, lock wait timeout, insert collision, MariaDB's changed record. */
const CONFLICTS = new Set([1213, 1205, 1062, 1020]);
/** Too many connections, read-only after a failover, disk full, statement timeout exceeded. */
const UNAVAILABLE = new Set([1040, 1203, 1290, 1792, 1836, 1021, 1114, 1969, 3024]);
/** MySQL ended a connection that was idle for wait_timeout. It says so in answer to the next statement, which it did not run. */
const WAS_IDLE = 4031;

/** The connections of one process to its database. */
export class Database extends ServerConnections<string, Session> {
  readonly name: string;
  readonly #pool: mysql.Pool;
  readonly #sessions = new WeakMap<mysql.PoolConnection, Session>();

  /** Connects on first use. @throws when the URL is not one. */
  constructor(options: MysqlOptions) {
    super(options);
    const connection = connectionOptions(options.url);
    const { idleS = IDLE_S, mayBeReadOnly = false } = options;
    this.name = connection.database;
    this.#pool = mysql.createPool({
      ...connection,
      connectionLimit: options.poolSize,
      // Without `maxIdle` below the limit, the pool ignores `idleTimeout`.
      maxIdle: options.poolSize - 1,
      idleTimeout: idleS * 1_000 - CLOSED_BEFORE_MS,
      connectTimeout: options.connectTimeoutMs,
      multipleStatements: true,
      rowsAsArray: true,
      charset: 'utf8mb4_bin',
      keepAliveInitialDelay: KEEPALIVE_MS,
    });
    this.#pool.on('connection', (connection) => {
      const session = new Session(connection, this.answerMs, this.traffic);
      this.#sessions.set(connection, session);
      session.begin(settings(options.statementTimeoutMs, idleS), mayBeReadOnly);
    });
  }

  /** One round trip on any connection, for statements that may run twice. */
  run(...statements: string[]): Promise<Rows[]> {
    return this.repeat((session) => session.run(statements));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#pool.end(() => resolve()));
  }

  protected lend(): Promise<Lent<Session>> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error | null) =>
        reject(new StoreUnavailable(`cannot connect to MySQL: ${error?.message ?? 'the connection has just ended'}`));
      this.#pool.getConnection((error, connection) => {
        const session = error ? undefined : this.#sessions.get(connection);
        if (session) session.ready.then(() => resolve({ session, giveBack: () => session.giveBack() }), fail);
        else fail(error);
      });
    });
  }
}

/** No locks on gaps between rows, strict mode, UTC, and reads by index however many ids a statement names. */
function settings(statementTimeoutMs: number, idleS: number): string[] {
  return [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',
      innodb_lock_wait_timeout = ${LOCK_TIMEOUT_S}
      /*!80000 , max_execution_time = ${statementTimeoutMs}, wait_timeout = ${idleS},
        range_optimizer_max_mem_size = 0 */
      /*M! , max_statement_time = ${statementTimeoutMs / 1000}, idle_transaction_timeout = ${IDLE_IN_TRANSACTION_S},
        in_predicate_conversion_threshold = 0 */`,
  ];
}

/** One connection. */
export class Session extends ServerSession<string> {
  /** No other connection has it, now or later. It names a lock (GET_LOCK) that the connection holds until it ends. */
  readonly key: string = randomUUID();
  /** Settles with the first round trip. If it rejects, the connection cannot be used. */
  ready: Promise<void> = Promise.resolve();
  readonly #connection: mysql.PoolConnection;
  protected readonly rollbackQuery = 'ROLLBACK';
  #maxPacket = Infinity;

  constructor(connection: mysql.PoolConnection, answerMs: number, traffic: Traffic) {
    super(answerMs, traffic);
    this.#connection = connection;
  }

  /** Sends the first statements of the connection. */
  begin(settings: string[], mayBeReadOnly: boolean): void {
    const facts = `SELECT ${IS_READ_ONLY}, @@max_allowed_packet, GET_LOCK(${quote(this.key)}, 0)`;
    this.ready = this.run([...settings, facts]).then((results) => {
      const [isReadOnly, maxPacket] = results.at(-1)?.[0] ?? [];
      if (!mayBeReadOnly) checkWritable(isReadOnly);
      this.#maxPacket = Number(maxPacket);
    });
    this.ready.catch(() => this.destroy());
  }

  /** Removes the time limits of the connection. It must be destroyed afterwards, not given back. */
  unlimited(): Promise<Rows[]> {
    this.waitForever();
    // MySQL needs no change here. SET must assign something, so it sets a variable that nobody reads.
    return this.run(['SET @unlimited = 1 /*M! , SESSION max_statement_time = 0 */']);
  }

  giveBack(): void {
    if (this.isBroken) this.destroy();
    else this.#connection.release();
  }

  destroy(): void {
    this.isBroken = true;
    this.#connection.destroy();
  }

  /** A message may have half of max_allowed_packet, so that an answer with the rows that it wrote fits into one, too. */
  #checkSize(sql: string): void {
    const limit = this.#maxPacket / 2;
    if (sql.length * 3 <= limit) return;
    const bytes = Buffer.byteLength(sql);
    if (bytes <= limit) return;
    throw new RequestTooLarge(
      `larger than the database takes at once: ${bytes} bytes, the limit is ${limit} (half of its max_allowed_packet)`,
    );
  }

  /** Texts of binary columns come as strings. */
  protected async send(statements: readonly string[]): Promise<Rows[]> {
    const sql = statements.join(';\n');
    this.#checkSize(sql);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#connection.query(sql, (error, answer) => (error ? reject(error) : resolve(answer)));
    const answer = await promise;
    return statements.length === 1 ? [rowsOf(answer)] : answersIn(answer).map(rowsOf);
  }

  protected begins(statement: string): boolean {
    return statement.startsWith(BEGIN);
  }

  protected commits(statement: string): boolean {
    return statement === COMMIT;
  }

  protected toStoreError(error: unknown): Error {
    if (error instanceof RequestTooLarge || error instanceof ConnectionLost) return error;
    if (!(error instanceof Error)) return new ConnectionLost(errorText(error));
    const errno = errnoOf(error) ?? 0;
    const { message } = error;
    if (CONFLICTS.has(errno)) return new BatchConflict(message);
    if (UNAVAILABLE.has(errno)) return new StoreUnavailable(message);
    // Class 08: the server ends the connection. Without a state, the error is not from the server.
    const state = 'sqlState' in error && typeof error.sqlState === 'string' ? error.sqlState : '';
    return state === '' || state.startsWith('08') || errno === WAS_IDLE ? new ConnectionLost(message) : error;
  }
}

/** Is set on a replica and on a former primary after a failover. Their rows may be old, so nothing is read there either. */
export const IS_READ_ONLY = '@@global.read_only';

/** @param isReadOnly as the server answers. @throws StoreUnavailable */
export function checkWritable(isReadOnly: unknown): void {
  if (!['0', 'OFF'].includes(String(isReadOnly)))
    throw new StoreUnavailable('the server is read-only (read_only), as a replica is');
}

/** The answers of several statements. */
function answersIn(answer: unknown): unknown[] {
  return Array.isArray(answer) ? answer : [];
}

/** The rows of one statement; none if it only writes. */
function rowsOf(answer: unknown): Rows {
  if (!isRows(answer)) return [];
  for (const row of answer) {
    for (let index = 0; index < row.length; index++) {
      const cell = row[index];
      if (cell instanceof Buffer) row[index] = cell.toString();
    }
  }
  return answer;
}

function isRows(answer: unknown): answer is Rows {
  return Array.isArray(answer);
}

/** The number of an error of the server; null for other errors. */
export function errnoOf(error: unknown): number | null {
  const isNumbered = typeof error === 'object' && error !== null && 'errno' in error;
  return isNumbered && typeof error.errno === 'number' ? error.errno : null;
}
