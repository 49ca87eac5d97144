import type { SqlValue } from '@resonate/drivers';
import {
  deadLetterOf,
  isForAbsent,
  isTooOld,
  pairKey,
  redriven,
  waitsForOpen,
  type ListenerRow,
} from '@resonate/machine';
import { isForOneConnection, type Transport } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import { rewrite } from '../rewrite.ts';
import { allOf, beginsWith, given, is, that, type ListenerKey } from '../sql/conditions.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { int } from '../sql/read.ts';
import { complete, type Statement } from '../sql/statement.ts';
import { DEAD_LETTER_ROWS, DEAD_LETTERS, LISTENER_KEYS, LISTENERS, type StoredDeadLetter } from '../tables.ts';
import { AT_ONCE, lockListeners, rewriteListeners } from './messages.ts';

/** Selects dead letters. A field that is left out selects all. */
export interface DeadLetterFilter {
  ids?: readonly number[];
  transport?: string;
  target?: string;
  /** The awaited promise's id begins with this. */
  prefix?: string;
  /** Only ids up to this one. */
  through?: number;
}

/** The progress of a call that may have to be repeated. */
export interface Progress {
  /** How many letters were processed. */
  count: number;
  /** True: call it again for the rest. */
  more: boolean;
}

/** The progress of one transaction. */
export interface Piece {
  count: number;
  /** The id of the last letter that was looked at; null: there are no more. */
  last: number | null;
}

/** The number of letters in one call. It takes seconds, and a client waits for it. */
const MOST = 10_000;

/** The `unblock`s that were taken out of the outbox because they could not be delivered. Operators redrive or drop them. */
export class DeadLetters {
  readonly #dialect: Dialect;
  readonly #sql: PlainSql;
  readonly #redriven: (transports: Transport[], at: number) => void;

  /** @param redriven called with the transports of redriven messages and the time since which they are due (epoch ms). */
  constructor(dialect: Dialect, redriven: (transports: Transport[], at: number) => void) {
    this.#dialect = dialect;
    this.#sql = dialect.plain;
    this.#redriven = redriven;
  }

  /** Letters above `after` in order of their ids, the oldest first. */
  async list(filter: DeadLetterFilter, limit: number, after = 0): Promise<StoredDeadLetter[]> {
    const { where, params } = condition(filter, after);
    const sql = `SELECT ${DEAD_LETTERS.list()} FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${limit}`;
    const [rows = []] = await this.#sql.select([{ sql, params }]);
    return DEAD_LETTERS.decodeAll(rows);
  }

  /** The number of all letters, counted up to `limit`. */
  async count(limit: number): Promise<number> {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT ${limit}) AS counted`;
    const [rows] = await this.#sql.select([{ sql, params: [] }]);
    return Number(rows?.[0]?.[0]);
  }

  /**
   * Turns messages that have waited for longer than `maxAgeMs`, and are not being delivered, into dead letters: at most 200 per
   * call.
   */
  async deadLetterAged(transport: Transport, maxAgeMs: number, error: string): Promise<Progress> {
    const now = await this.#dialect.now();
    const aged = `enqueued_at < ${now - maxAgeMs} AND (claimed_by IS NULL OR due_at <= ${now})`;
    const sql = `SELECT ${LISTENER_KEYS.list()} FROM ${this.#sql.words.listenersByAge} AND transport = ? AND ${aged}
      ORDER BY enqueued_at LIMIT ${AT_ONCE}`;
    const [rows = []] = await this.#sql.select([{ sql, params: [transport] }]);
    const listeners = LISTENER_KEYS.decodeAll(rows);
    const count = await rewriteListeners(this.#dialect, listeners, {
      listener: (listener, at) => (isTooOld(listener, maxAgeMs, at) ? null : listener),
      also: (removed, at) =>
        deadLetterStatements(
          removed.map((listener) => ({ listener, error })),
          at,
        ),
    });
    return { count, more: rows.length === AT_ONCE };
  }

  /**
   * Drops `unblock`s for one connection (`poll://uni@`) that has been closed for longer than `absentMs`. They do not become
   * letters. Each call looks at a few targets.
   * @param after the `next` of the last call; `''`: begins with the first target.
   * @returns how many were dropped, and where the next call begins; null: all targets were looked at.
   */
  async dropAbsent(absentMs: number, after = ''): Promise<{ count: number; next: string | null }> {
    const before = (await this.#dialect.now()) - absentMs;
    const page = await this.#dialect.waitingTargets('poll', AT_ONCE, after);
    const names = page
      .filter(({ target, dueAt }) => isForOneConnection('poll', target) && dueAt < before)
      .map(({ target }) => target);
    const listeners = names.length > 0 ? await this.#dueForTargets(names, before) : [];
    const count = await rewriteListeners(this.#dialect, listeners, {
      listener: (listener, at) => (isForAbsent(listener, absentMs, at) ? null : listener),
    });
    if (count > 0 && listeners.length === AT_ONCE) return { count, next: after };
    return { count, next: page.length < AT_ONCE ? null : (page.at(-1)?.target ?? null) };
  }

  /**
   * Keeps `dropAbsent` from dropping `unblock`s for connections (`poll://uni@`) that are open but have no room: what is due
   * for them is due from now on. Only the process that has a connection knows that it is open.
   * @param targets those of the connections that this process has open.
   */
  async keepForOpen(targets: readonly string[]): Promise<void> {
    const before = await this.#dialect.now();
    for (let from = 0; from < targets.length; from += AT_ONCE) {
      const some = targets.slice(from, from + AT_ONCE);
      for (;;) {
        const listeners = await this.#dueForTargets(some, before);
        const count = await rewriteListeners(this.#dialect, listeners, { listener: waitsForOpen });
        // If nothing changed, others have claimed these messages meanwhile.
        if (listeners.length < AT_ONCE || count === 0) break;
      }
    }
  }

  /** At most 200 unclaimed `unblock`s for these targets that became due before this time. */
  async #dueForTargets(targets: readonly string[], before: number): Promise<ListenerKey[]> {
    const { words, select } = this.#sql;
    const these = words.among('target', targets);
    const sql = `SELECT ${LISTENER_KEYS.list()} FROM ${words.listenersByTarget} AND transport = 'poll'
      AND ${these.sql} AND due_at < ${before} AND claimed_by IS NULL LIMIT ${AT_ONCE}`;
    const [rows = []] = await select([{ sql, params: these.params }]);
    return LISTENER_KEYS.decodeAll(rows);
  }

  /**
   * Sends letters again, at most 10,000 per call. Each becomes a listener that is due at once and has no attempts. A letter
   * whose promise was deleted stays.
   */
  redrive(filter: DeadLetterFilter): Promise<Progress> {
    return throughout((after) => this.redriveNext(filter, after));
  }

  /** Sends the next letters with ids above `after` again, in one transaction. */
  async redriveNext(filter: DeadLetterFilter, after: number): Promise<Piece> {
    const { where, params } = condition(filter, after);
    const known = 'EXISTS (SELECT 1 FROM promises WHERE promises.id = dead_letters.awaited)';
    const sql = `SELECT ${LISTENER_KEYS.list()}, id FROM dead_letters WHERE ${where} AND ${known} ORDER BY id LIMIT ${AT_ONCE}`;
    const [rows = []] = await this.#sql.select([{ sql, params }]);
    const ids = rows.map((values) => int(values[LISTENER_KEYS.width]));
    if (ids.length === 0) return { count: 0, last: null };
    const keys = LISTENER_KEYS.decodeAll(rows);
    const these = `id IN (${ids.join(', ')})`;
    const reads = [
      lockListeners(this.#dialect, keys),
      complete(`SELECT ${DEAD_LETTER_ROWS.list()} FROM dead_letters WHERE ${these} ORDER BY id`),
    ];
    const { transports, at } = await rewrite(this.#dialect, reads, ([present = [], letters = []], now) => {
      const inserts = redrivenListeners(present, letters, now);
      return {
        changes: { listeners: { inserts, updates: [], deletes: [] } },
        also: [complete(`DELETE FROM dead_letters WHERE ${these}`)],
        result: () => ({ transports: [...new Set(inserts.map(({ transport }) => transport))], at: now }),
      };
    });
    if (transports.length > 0) this.#redriven(transports, at);
    return piece(ids);
  }

  /** Removes letters, at most 10,000 per call. */
  drop(filter: DeadLetterFilter): Promise<Progress> {
    return throughout((after) => {
      const { where, params } = condition(filter, after);
      return this.#delete({ sql: `SELECT id FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${AT_ONCE}`, params });
    });
  }

  /** Removes letters that are older than `maxAgeMs`, at most 200 per call. */
  async dropAged(maxAgeMs: number): Promise<Progress> {
    const before = (await this.#dialect.now()) - maxAgeMs;
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
}

/** Stores removed listeners as dead letters, each with the error of its last attempt. */
export function deadLetterStatements(
  dead: readonly { listener: ListenerRow; error: string }[],
  now: number,
): Statement[] {
  if (dead.length === 0) return [];
  const rows = dead.map(({ listener, error }) => deadLetterOf(listener, error, now));
  const one = `(${Array(DEAD_LETTER_ROWS.width).fill('?').join(', ')})`;
  const sql = `INSERT INTO dead_letters (${DEAD_LETTER_ROWS.list()}) VALUES ${rows.map(() => one).join(', ')}`;
  return [{ sql, params: rows.flatMap((row) => DEAD_LETTER_ROWS.valuesOf(row)) }];
}

/** The listeners to insert: each only once, and only if it does not exist, because an existing one is delivered anyway. */
function redrivenListeners(present: unknown[][], letters: unknown[][], now: number): ListenerRow[] {
  const taken = new Set(LISTENERS.decodeAll(present).map(({ awaited, address }) => pairKey(awaited, address)));
  const inserts: ListenerRow[] = [];
  for (const row of DEAD_LETTER_ROWS.decodeAll(letters)) {
    const listener = redriven(row, now);
    if (taken.has(pairKey(listener.awaited, listener.address))) continue;
    taken.add(pairKey(listener.awaited, listener.address));
    inserts.push(listener);
  }
  return inserts;
}

function condition(filter: DeadLetterFilter, after: number): { where: string; params: SqlValue[] } {
  const { ids, transport, target, prefix = '', through } = filter;
  const { sql, params } = allOf([
    that(`id > ${after}`),
    ...given(through, (last) => that(`id <= ${last}`)),
    ...given(ids, (wanted) => that(`id IN (${[...wanted, 0].join(', ')})`)),
    ...given(transport, (wanted) => is('transport', wanted)),
    ...given(target, (wanted) => is('target', wanted)),
    ...beginsWith('awaited', prefix),
  ]);
  return { where: sql, params };
}

function piece(ids: readonly number[]): Piece {
  return { count: ids.length, last: ids.length < AT_ONCE ? null : Math.max(...ids) };
}

/** Repeats `next` until there are no more letters, or `MOST` were processed. */
async function throughout(next: (after: number) => Promise<Piece>): Promise<Progress> {
  let done = 0;
  let after: number | null = 0;
  while (after !== null && done < MOST) {
    const { count, last }: Piece = await next(after);
    done += count;
    after = last;
  }
  return { count: done, more: after !== null };
}
