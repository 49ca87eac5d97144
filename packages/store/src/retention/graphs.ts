import { callersOf, type CallGraph, type RetainedPromise } from '@resonate/machine';
import type { PromiseState, StringMap } from '@resonate/protocol';
import type { Statement } from '../sql/statement.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { byOrigin } from '../sql/words.ts';
import { json, promiseState, taskState, textOrNull } from '../sql/read.ts';

/** A promise with the id that names its graph: its origin, or else its own id. */
export interface Member extends RetainedPromise {
  origin: string;
}

/** What belongs to the promises of some graphs: tasks, listeners, dead letters, awaiters and callers. */
export interface Surroundings {
  tasks: CallGraph['tasks'];
  undelivered: string[];
  deadLetters: string[];
  /**
   * For each awaited promise and each state: one promise in this state that awaits it. Also, for each promise that has one,
   * one pending caller (`CallRow`).
   */
  awaiters: { awaited: string; id: string; state: PromiseState }[];
  /** Promises outside of these that they name in their tags (`callersOf`). */
  callers: CallGraph['around'];
}

const MEMBER = 'id, origin, state, settled_at, tags';

/** Several graphs are read by one statement, if together they have fewer promises than this many times the limit of one graph. */
const LIMITS_TOGETHER = 4;

/** Reads call graphs, without deciding what may be removed. */
export class GraphReader {
  readonly #sql: PlainSql;

  constructor(sql: PlainSql) {
    this.#sql = sql;
  }

  /** The promises of each origin. If an origin has more than `limit`, at least `limit` of them. */
  async graphs(origins: readonly string[], limit: number): Promise<Map<string, Member[]>> {
    const graphs = new Map<string, Member[]>(origins.map((origin) => [origin, []]));
    if (origins.length === 0) return graphs;
    // Most graphs are small, so one statement reads all of them, and the database plans it once.
    const most = LIMITS_TOGETHER * limit;
    let results = await this.#sql.select(this.membersStatements(origins, most));
    if (results[0]?.length === most) {
      results = await this.#sql.select([
        this.#roots(origins),
        ...origins.map((origin) => this.#page(origin, '', limit)),
      ]);
    }
    for (const member of results.flatMap((rows) => rows.map(memberOf))) graphs.get(member.origin)?.push(member);
    return graphs;
  }

  /** Promises that name an origin, with ids above `after`, in their order. */
  async page(origin: string, after: string, limit: number): Promise<Member[]> {
    const [rows = []] = await this.#sql.select([this.#page(origin, after, limit)]);
    return rows.map(memberOf);
  }

  /** The promise that names the graph; null if it belongs to another graph or does not exist. */
  async root(origin: string): Promise<Member | null> {
    const sql = `SELECT ${MEMBER} FROM promises WHERE id = ?`;
    const [rows] = await this.#sql.select([{ sql, params: [origin] }]);
    const [found] = (rows ?? []).map(memberOf);
    return found?.origin === origin ? found : null;
  }

  /**
   * Promises of an origin, except its root, that had settled by `settledUntil`. The last ids come first, so callees come
   * before their callers.
   */
  async settledCallees(origin: string, settledUntil: number, limit: number): Promise<Member[]> {
    const sql = `SELECT ${MEMBER} FROM ${byOrigin(this.#sql.words)} AND origin = ? AND id <> ? AND settled_at <= ${settledUntil}
      ORDER BY id DESC LIMIT ${limit}`;
    const [rows = []] = await this.#sql.select([{ sql, params: [origin, origin] }]);
    return rows.map(memberOf);
  }

  /** How many promises the graph has, and how many of them are pending. */
  async count(origin: string): Promise<{ promises: number; pending: number }> {
    const counted = "COUNT(*), COUNT(CASE WHEN state = 'pending' THEN 1 END)";
    const [own, roots] = await this.#sql.select([
      { sql: `SELECT ${counted} FROM ${byOrigin(this.#sql.words)} AND origin = ?`, params: [origin] },
      { sql: `SELECT ${counted} FROM promises WHERE id = ? AND origin IS NULL`, params: [origin] },
    ]);
    const sum = (column: number) => Number(own?.[0]?.[column]) + Number(roots?.[0]?.[column]);
    return { promises: sum(0), pending: sum(1) };
  }

  async surroundings(members: readonly Member[]): Promise<Surroundings> {
    if (members.length === 0) return surroundingsOf([]);
    return surroundingsOf(await this.#sql.select(this.aroundStatements(members, '')));
  }

  /** Locks the promises, in the order of their ids. */
  lockStatement(members: readonly Member[]): Statement {
    const { among, byKey, lock } = this.#sql.words;
    const these = among(
      'id',
      members.map(({ id }) => id),
    );
    return { ...these, sql: `SELECT ${MEMBER} FROM ${byKey('promises')} WHERE ${these.sql} ORDER BY id${lock}` };
  }

  /** Reads the promises that the graphs have now. */
  membersStatements(origins: readonly string[], limit: number): Statement[] {
    const these = this.#sql.words.among('origin', origins);
    const sql = `SELECT ${MEMBER} FROM ${byOrigin(this.#sql.words)} AND ${these.sql} LIMIT ${limit}`;
    return [{ ...these, sql }, this.#roots(origins)];
  }

  /** Answers what `surroundingsOf` reads. @param lock SQL that locks the tasks, or `''`. */
  aroundStatements(members: readonly Member[], lock: string): Statement[] {
    const ids = members.map(({ id }) => id);
    const own = new Set(ids);
    const callers = [...new Set(members.flatMap(callersOf))].filter((id) => !own.has(id)).sort();
    const { among, byKey } = this.#sql.words;
    const tasks = among('id', ids);
    const awaited = among('awaited', ids);
    const awaiters = among('c.awaited', ids);
    const called = among('called.id', ids);
    const around = among('id', [...callers, '']);
    return [
      { ...tasks, sql: `SELECT id, state FROM ${byKey('tasks')} WHERE ${tasks.sql} ORDER BY id${lock}` },
      // In one statement, so that a dead letter that is redriven meanwhile is found as a letter or as a listener.
      {
        sql: `SELECT 1, awaited FROM listeners WHERE ${awaited.sql}
          UNION ALL SELECT 2, awaited FROM dead_letters WHERE ${awaited.sql}`,
        params: [...awaited.params, ...awaited.params],
      },
      {
        sql: `SELECT c.awaited, MIN(c.awaiter), p.state FROM callbacks c JOIN promises p ON p.id = c.awaiter
          WHERE ${awaiters.sql} GROUP BY c.awaited, p.state
          UNION ALL ${this.#callersStatement(called.sql)}`,
        params: [...awaiters.params, ...called.params],
      },
      { ...around, sql: `SELECT id, state FROM ${byKey('promises')} WHERE ${around.sql}` },
    ];
  }

  /** One pending caller of each promise that has one (`CallRow`). A promise may have many callers, so not all are read. */
  #callersStatement(isCalled: string): string {
    const caller = `SELECT k.caller FROM calls k JOIN promises p ON p.id = k.caller
      WHERE k.called = called.id AND p.state = 'pending' LIMIT 1`;
    const callers = `SELECT called.id, (${caller}) AS caller FROM ${this.#sql.words.byKey('promises called')} WHERE ${isCalled}`;
    return `SELECT id, caller, 'pending' FROM (${callers}) AS asked WHERE caller IS NOT NULL`;
  }

  #page(origin: string, after: string, limit: number): Statement {
    const sql = `SELECT ${MEMBER} FROM ${byOrigin(this.#sql.words)} AND origin = ? AND id > ? ORDER BY id LIMIT ${limit}`;
    return { sql, params: [origin, after] };
  }

  /** A promise without an origin names its own graph. */
  #roots(origins: readonly string[]): Statement {
    const { among, byKey } = this.#sql.words;
    const these = among('id', origins);
    return { ...these, sql: `SELECT ${MEMBER} FROM ${byKey('promises')} WHERE ${these.sql} AND origin IS NULL` };
  }
}

export function memberOf([id, origin, state, settledAt, tags]: unknown[]): Member {
  return {
    id: String(id),
    origin: textOrNull(origin) ?? String(id),
    state: promiseState(state),
    settledAt: settledAt === null ? null : Number(settledAt),
    tags: json<StringMap>(tags),
  };
}

/** @param results of `aroundStatements`. */
export function surroundingsOf([tasks = [], outbox = [], awaiters = [], callers = []]: unknown[][][]): Surroundings {
  const waiting = (sort: number) => outbox.filter(([of]) => Number(of) === sort).map(([, awaited]) => String(awaited));
  return {
    tasks: tasks.map(([id, state]) => ({ id: String(id), state: taskState(state) })),
    undelivered: waiting(1),
    deadLetters: waiting(2),
    awaiters: awaiters.map(([awaited, id, state]) => ({
      awaited: String(awaited),
      id: String(id),
      state: promiseState(state),
    })),
    callers: callers.map(([id, state]) => ({ id: String(id), state: promiseState(state) })),
  };
}

/** One graph with its surroundings. @param rootTags given if the root is not among the promises. */
export function graphWith(members: readonly Member[], around: Surroundings, rootTags = rootTagsOf(members)): CallGraph {
  const ids = new Set(members.map(({ id }) => id));
  const callers = new Set(members.flatMap(callersOf));
  const awaiters = around.awaiters.filter(({ awaited }) => ids.has(awaited));
  return {
    promises: members,
    rootTags,
    tasks: around.tasks.filter(({ id }) => ids.has(id)),
    undelivered: around.undelivered.filter((id) => ids.has(id)),
    deadLetters: around.deadLetters.filter((id) => ids.has(id)),
    around: [...awaiters, ...around.callers.filter(({ id }) => callers.has(id) && !ids.has(id))],
  };
}

export function rootTagsOf(members: readonly Member[]): StringMap {
  return members.find(({ id, origin }) => id === origin)?.tags ?? {};
}
