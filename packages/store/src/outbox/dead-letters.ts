import { randomUUID } from 'node:crypto';
import type { Transport } from '@resonate/protocol';
import { complete, type Statement } from '../sql/statement.ts';
import type { SqlValue } from '../tables.ts';
import { NOT_UNDER_WAY } from './deferral.ts';
import { allOf, beginsWith, oneOf, type ListenerKey } from '../sql/conditions.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { transport as readTransport } from '../sql/read.ts';

/** An `unblock` that could not be delivered. Times are epoch ms. */
export interface DeadLetter {
  id: number;
  /** The settled promise that it tells of. */
  awaited: string;
  address: string;
  transport: Transport;
  target: string;
  attempts: number;
  lastError: string;
  enqueuedAt: number;
  diedAt: number;
}

/** Which dead letters; what is left out matters not. */
export interface DeadLetterFilter {
  ids?: readonly number[];
  transport?: string;
  target?: string;
  /** How the awaited promise's id begins. */
  prefix?: string;
  /** None with a higher id. */
  through?: number;
}

/** How much of a big piece of work is done. */
export interface Done {
  /** Letters it was done to. */
  count: number;
  /** Call again for the rest. */
  more: boolean;
}

/** What was done to a few letters. */
export interface Piece {
  count: number;
  /** The last one that was looked at; null: there are no more. */
  last: number | null;
}

/** What kept a message from its receiver, cut to so many bytes. */
const MAX_ERROR_BYTES = 1_024;
/** So many rows in one transaction: no lock is held for long. */
const AT_ONCE = 200;
/** What one call may do: whoever waits for it does so for seconds. */
const MOST = 10_000;

/** Select list that `letter` reads. */
export const LETTER_COLUMNS = 'id, awaited, address, transport, target, attempts, last_error, enqueued_at, died_at';
const COPIED = 'awaited, address, transport, target, prefers';

/** Takes an `unblock` out of the outbox for good, keeps it, and sends it again when it is told to. */
export class DeadLetters {
  readonly #sql: PlainSql;
  readonly #now: () => Promise<number>;
  readonly #redriven: (transports: Transport[], at: number) => void;

  /**
   * @param now the store's clock.
   * @param redriven told which transports have something to deliver since when.
   */
  constructor(sql: PlainSql, now: () => Promise<number>, redriven: (transports: Transport[], at: number) => void) {
    this.#sql = sql;
    this.#now = now;
    this.#redriven = redriven;
  }

  /** Letters above `after` in order of their ids, the oldest first. */
  async list(filter: DeadLetterFilter, limit: number, after = 0): Promise<DeadLetter[]> {
    const { where, params } = condition(filter, after);
    const sql = `SELECT ${LETTER_COLUMNS} FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${limit}`;
    const [rows = []] = await this.#sql.select([{ sql, params }]);
    return rows.map(letter);
  }

  /** How many there are, counted up to `limit`. */
  async count(limit: number): Promise<number> {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT ${limit}) AS counted`;
    const [rows] = await this.#sql.select([{ sql, params: [] }]);
    return Number(rows?.[0]?.[0]);
  }

  /**
   * Makes letters of messages that this process has claimed: those it still holds leave the outbox.
   * @param error why they could not be delivered.
   */
  async bury(keys: readonly ListenerKey[], claimedBy: string, error: string): Promise<number> {
    const mine = { sql: 'claimed_by = ?', params: [claimedBy] };
    return this.#move(keys, mine, error, await this.#now());
  }

  /** Makes letters of messages that wait since before `maxAgeMs` and are not under way: so many at most per call. */
  async buryAged(transport: Transport, maxAgeMs: number, error: string): Promise<Done> {
    const now = await this.#now();
    const aged = `enqueued_at < ${now - maxAgeMs} AND (${NOT_UNDER_WAY} OR due_at <= ${now})`;
    const sql = `SELECT awaited, address FROM ${this.#sql.words.listenersByAge} AND transport = ? AND ${aged}
      ORDER BY enqueued_at LIMIT ${AT_ONCE}`;
    const [rows = []] = await this.#sql.select([{ sql, params: [transport] }]);
    const keys = rows.map(([awaited, address]) => ({ awaited: String(awaited), address: String(address) }));
    const count = await this.#move(keys, { sql: aged, params: [] }, error, now);
    return { count, more: rows.length === AT_ONCE };
  }

  /**
   * Sends letters again, many at most: each becomes a listener that is due at once, with no attempt behind it. A letter
   * whose promise is gone stays.
   */
  redrive(filter: DeadLetterFilter): Promise<Done> {
    return throughout((after) => this.redriveNext(filter, after));
  }

  /** Sends a few letters again, the next ones above `after`. */
  async redriveNext(filter: DeadLetterFilter, after: number): Promise<Piece> {
    const { where, params } = condition(filter, after);
    const known = 'EXISTS (SELECT 1 FROM promises WHERE promises.id = dead_letters.awaited)';
    const sql = `SELECT id, transport FROM dead_letters WHERE ${where} AND ${known} ORDER BY id LIMIT ${AT_ONCE}`;
    const [rows = []] = await this.#sql.select([{ sql, params }]);
    const ids = rows.map(([id]) => Number(id));
    const transports = [...new Set(rows.map(([, transport]) => readTransport(transport)))];
    if (ids.length === 0) return { count: 0, last: null };
    const now = await this.#now();
    const these = `id IN (${ids.join(', ')})`;
    const select = `SELECT ${COPIED}, ${now}, 0, NULL, ${now} FROM dead_letters WHERE ${these}`;
    const into = `listeners (${COPIED}, enqueued_at, attempts, claimed_by, due_at)`;
    await this.#sql.atomically([
      { sql: this.#sql.words.insertNew(into, select), params: [] },
      { sql: `DELETE FROM dead_letters WHERE ${these}`, params: [] },
    ]);
    this.#redriven(transports, now);
    return piece(ids);
  }

  /** Removes letters, many at most. */
  drop(filter: DeadLetterFilter): Promise<Done> {
    return throughout((after) => {
      const { where, params } = condition(filter, after);
      return this.#delete({ sql: `SELECT id FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${AT_ONCE}`, params });
    });
  }

  /** Removes letters that are older than `maxAgeMs`: so many at most per call. */
  async dropAged(maxAgeMs: number): Promise<Done> {
    const before = (await this.#now()) - maxAgeMs;
    const sql = `SELECT id FROM dead_letters WHERE died_at < ${before} ORDER BY died_at LIMIT ${AT_ONCE}`;
    const { count, last } = await this.#delete({ sql, params: [] });
    return { count, more: last !== null };
  }

  async #delete(select: Statement): Promise<Piece> {
    const [rows = []] = await this.#sql.select([select]);
    const ids = rows.map(([id]) => Number(id));
    if (ids.length > 0) {
      await this.#sql.atomically([{ sql: `DELETE FROM dead_letters WHERE id IN (${ids.join(', ')})`, params: [] }]);
    }
    return piece(ids);
  }

  /**
   * Marks what still meets the condition, copies what is marked, deletes it: nobody claims it in between, and what
   * another process has taken meanwhile stays where it is.
   */
  async #move(keys: readonly ListenerKey[], still: Statement, error: string, now: number): Promise<number> {
    if (keys.length === 0) return 0;
    const { where, params } = oneOf(keys);
    const mark = `dead ${randomUUID()}`;
    const marked = { where: `${where} AND claimed_by = ?`, params: [...params, mark] };
    const listeners = this.#sql.words.byKey('listeners');
    const results = await this.#sql.atomically([
      {
        sql: `UPDATE ${listeners} SET claimed_by = ? WHERE ${where} AND ${still.sql}`,
        params: [mark, ...params, ...still.params],
      },
      {
        sql: `INSERT INTO dead_letters (${COPIED}, attempts, last_error, enqueued_at, died_at)
          SELECT ${COPIED}, attempts, ?, COALESCE(enqueued_at, due_at), ${now} FROM listeners WHERE ${marked.where}`,
        params: [bounded(error), ...marked.params],
      },
      { sql: `SELECT count(*) FROM listeners WHERE ${marked.where}`, params: marked.params },
      { sql: `DELETE FROM listeners WHERE ${marked.where}`, params: marked.params },
    ]);
    return Number(results[2]?.[0]?.[0]);
  }
}

function condition(filter: DeadLetterFilter, after: number): { where: string; params: SqlValue[] } {
  const { ids, transport, target, prefix = '', through } = filter;
  const { sql, params } = allOf([
    complete(`id > ${after}`),
    ...(through === undefined ? [] : [complete(`id <= ${through}`)]),
    ...(ids ? [complete(`id IN (${[...ids, 0].join(', ')})`)] : []),
    ...(transport === undefined ? [] : [{ sql: 'transport = ?', params: [transport] }]),
    ...(target === undefined ? [] : [{ sql: 'target = ?', params: [target] }]),
    ...beginsWith('awaited', prefix),
  ]);
  return { where: sql, params };
}

/** Without NUL, which Postgres can't store, and never cut through a character. */
function bounded(error: string): string {
  const bytes = Buffer.from(error.replaceAll('\u0000', ''));
  if (bytes.length <= MAX_ERROR_BYTES) return bytes.toString();
  let end = MAX_ERROR_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function piece(ids: readonly number[]): Piece {
  return { count: ids.length, last: ids.length < AT_ONCE ? null : Math.max(...ids) };
}

/** Piece by piece until there is no more, or much was done. */
async function throughout(next: (after: number) => Promise<Piece>): Promise<Done> {
  let done = 0;
  let after: number | null = 0;
  while (after !== null && done < MOST) {
    const { count, last }: Piece = await next(after);
    done += count;
    after = last;
  }
  return { count: done, more: after !== null };
}

export function letter(values: unknown[]): DeadLetter {
  const [id, awaited, address, transport, target, attempts, lastError, enqueuedAt, diedAt] = values;
  return {
    id: Number(id),
    awaited: String(awaited),
    address: String(address),
    transport: readTransport(transport),
    target: String(target),
    attempts: Number(attempts),
    lastError: String(lastError),
    enqueuedAt: Number(enqueuedAt),
    diedAt: Number(diedAt),
  };
}
