import { deadLetterOf, isForAbsent, isTooOld, pairKey, redriven, type ListenerRow } from '@resonate/machine';
import { isForOneConnection, type Transport } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import { allOf, beginsWith, given, is, places, that, type ListenerKey } from '../sql/conditions.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { int } from '../sql/read.ts';
import { complete, type Statement } from '../sql/statement.ts';
import type { SqlValue } from '../sql/table.ts';
import { DEAD_LETTER_ROWS, DEAD_LETTERS, LISTENER_KEYS, LISTENERS } from '../tables.ts';
import { lockListeners, rewriteListeners, rewriteRepeatedly } from './messages.ts';

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
export interface Progress {
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

/** So many rows in one transaction: no lock is held for long. */
const AT_ONCE = 200;
/** What one call may do: whoever waits for it does so for seconds. */
const MOST = 10_000;

/** Takes an `unblock` out of the outbox for good, keeps it, and sends it again when it is told to. */
export class DeadLetters {
  readonly #dialect: Dialect;
  readonly #sql: PlainSql;
  readonly #redriven: (transports: Transport[], at: number) => void;

  /** @param redriven told which transports have something to deliver since when. */
  constructor(dialect: Dialect, redriven: (transports: Transport[], at: number) => void) {
    this.#dialect = dialect;
    this.#sql = dialect.plain;
    this.#redriven = redriven;
  }

  /** Letters above `after` in order of their ids, the oldest first. */
  async list(filter: DeadLetterFilter, limit: number, after = 0): Promise<DeadLetter[]> {
    const { where, params } = condition(filter, after);
    const sql = `SELECT ${DEAD_LETTERS.list()} FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${limit}`;
    const [rows = []] = await this.#sql.select([{ sql, params }]);
    return DEAD_LETTERS.decodeAll(rows);
  }

  /** How many there are, counted up to `limit`. */
  async count(limit: number): Promise<number> {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT ${limit}) AS counted`;
    const [rows] = await this.#sql.select([{ sql, params: [] }]);
    return Number(rows?.[0]?.[0]);
  }

  /** Makes letters of messages that wait for longer than `maxAgeMs` and are not under way: so many at most per call. */
  async keepAged(transport: Transport, maxAgeMs: number, error: string): Promise<Progress> {
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
   * Drops `unblock`s whose one connection (`poll://uni@`) has been away for longer than `absentMs`; no letter is kept.
   * Looks at a few targets per call.
   * @param after where the last call ended; `''`: from the start.
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

  /** Unclaimed `unblock`s for these streams that became due before then: a few of them. */
  async #dueForTargets(targets: readonly string[], before: number): Promise<ListenerKey[]> {
    const these = places(targets);
    const sql = `SELECT ${LISTENER_KEYS.list()} FROM ${this.#sql.words.listenersByTarget} AND transport = 'poll'
      AND target IN (${these}) AND due_at < ${before} AND claimed_by IS NULL LIMIT ${AT_ONCE}`;
    const [rows = []] = await this.#sql.select([{ sql, params: [...targets] }]);
    return LISTENER_KEYS.decodeAll(rows);
  }

  /**
   * Sends letters again, many at most: each becomes a listener that is due at once, with no attempt behind it. A letter
   * whose promise is gone stays.
   */
  redrive(filter: DeadLetterFilter): Promise<Progress> {
    return throughout((after) => this.redriveNext(filter, after));
  }

  /** Sends a few letters again, the next ones above `after`. */
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
    const { transports, at } = await rewriteRepeatedly(this.#dialect, reads, ([present = [], letters = []], now) => {
      const inserts = redrivenListeners(present, letters, now);
      return {
        tasks: [],
        listeners: { inserts, updates: [], deletes: [] },
        also: [complete(`DELETE FROM dead_letters WHERE ${these}`)],
        result: () => ({ transports: [...new Set(inserts.map(({ transport }) => transport))], at: now }),
      };
    });
    if (transports.length > 0) this.#redriven(transports, at);
    return piece(ids);
  }

  /** Removes letters, many at most. */
  drop(filter: DeadLetterFilter): Promise<Progress> {
    return throughout((after) => {
      const { where, params } = condition(filter, after);
      return this.#delete({ sql: `SELECT id FROM dead_letters WHERE ${where} ORDER BY id LIMIT ${AT_ONCE}`, params });
    });
  }

  /** Removes letters that are older than `maxAgeMs`: so many at most per call. */
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

/** Keeps listeners that leave the outbox as dead letters, each with what kept it from its receiver. */
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

/** Each letter's listener once, and only where there is none: what waits already is delivered anyway. */
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

/** Piece by piece until there is no more, or much was done. */
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
