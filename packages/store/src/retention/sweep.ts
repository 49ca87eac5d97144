import { setImmediate as nextTurn } from 'node:timers/promises';
import { heldBy, shortestPeriod, tooYoung, type RetentionRules } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { bySettlement } from '../sql/words.ts';
import { SettledCalls } from './calls.ts';
import { GraphReader, graphWith, rootTagsOf, type Member } from './graphs.ts';
import { LargeGraph } from './large-graph.ts';
import { addOutcome, keptFor, Removal, type SweepOutcome } from './removal.ts';

export interface SweepOptions {
  rules: RetentionRules;
  /** The maximum number of promises in one transaction. A larger graph is removed in several. */
  batchSize: number;
  /** A step takes a further graph only if it then has at most this many promises; `batchSize` if unset. */
  stepSize?: number;
  /** Only counts what would be removed. */
  isDryRun?: boolean;
}

/** The position of a sweep. It goes through the settled promises, oldest first. */
interface Position {
  settledAt: number;
  id: string;
}

/** The maximum number of graphs that one step reads, because each may need a statement of its own. */
const MAX_GRAPHS_AT_ONCE = 250;
/** How many judged graphs a sweep remembers. Beyond that, it may judge a graph twice. */
const MAX_JUDGED = 100_000;
const NOTHING: SweepOutcome = { graphs: 0, promises: 0, kept: {} };

/**
 * One pass through all promises that settled long enough ago, in small steps. Each step reads a bounded number of rows and
 * is at most one transaction. If the process is killed, the next sweep finds what is left.
 */
export class Sweep {
  readonly #sql: PlainSql;
  readonly #reader: GraphReader;
  readonly #removal: Removal;
  readonly #options: SweepOptions;
  /** At most `batchSize`. */
  readonly #stepSize: number;
  readonly #now: number;
  /** Promises that settled later than this stay (epoch ms). null: all promises stay. */
  readonly settledBy: number | null;
  #position: Position = { settledAt: -1, id: '' };
  readonly #calls: SettledCalls;
  /** Origins of graphs that are not judged yet. */
  #found: string[] = [];
  /** The large graph that is being judged. */
  #large: LargeGraph | null = null;
  /** The average size of the graphs that were read last. It avoids reading more graphs than a step can remove. */
  #meanSize = 1;
  readonly #judged = new Set<string>();
  #isAtEnd = false;
  /**
   * The next removal to continue is the first one after this origin; null: none is left. A sweep first finishes the removals
   * of large graphs that an earlier sweep began, in the order of their origins.
   */
  #begun: string | null = '';

  /** @param now the store's clock, epoch ms: one instant for the whole sweep. */
  constructor(dialect: Pick<Dialect, 'plain' | 'rewrite'>, options: SweepOptions, now: number) {
    this.#sql = dialect.plain;
    this.#reader = new GraphReader(dialect.plain);
    this.#removal = new Removal(dialect, this.#reader);
    this.#calls = new SettledCalls(dialect.plain);
    this.#options = options;
    this.#stepSize = Math.min(options.stepSize ?? options.batchSize, options.batchSize);
    this.#now = now;
    const shortest = shortestPeriod(options.rules);
    this.settledBy = shortest === null ? null : now - shortest;
  }

  /** Call `step` until this is true. */
  get isDone(): boolean {
    const isBetweenGraphs = this.#begun === null && this.#large === null && this.#found.length === 0;
    return isBetweenGraphs && (this.#isAtEnd || this.settledBy === null);
  }

  /** A dry run removes no calls. Then a promise with many settled callers takes longer to judge. */
  get #areCallsChecked(): boolean {
    return this.#calls.isDone || this.#options.isDryRun === true;
  }

  /** How many promises this sweep still has to check, counted up to `limit`. */
  async ahead(limit: number): Promise<number> {
    if (this.settledBy === null) return 0;
    const rows = `SELECT 1 FROM ${bySettlement(this.#sql.words)} AND settled_at > ${this.#position.settledAt}
      AND settled_at <= ${this.settledBy} LIMIT ${limit}`;
    const [found] = await this.#sql.select([{ sql: `SELECT COUNT(*) FROM (${rows}) AS ahead`, params: [] }]);
    return Number(found?.[0]?.[0]);
  }

  /**
   * For how many ms the oldest promise that has not been checked has been due, by the shortest retention period. 0: all
   * due promises were checked. It reads one row by index.
   * @param now the store's clock, epoch ms.
   * @param checkedUntil earlier sweeps have checked everything that settled until then (epoch ms; -1: unknown).
   */
  async lagMs(now: number, checkedUntil: number): Promise<number> {
    const shortest = shortestPeriod(this.#options.rules);
    if (shortest === null) return 0;
    const { settledAt, id } = this.#position;
    const select = `SELECT settled_at FROM ${bySettlement(this.#sql.words)}`;
    const [same, later] = await this.#sql.select([
      // Many promises may have settled within the same millisecond as the last one that was found.
      { sql: `${select} AND settled_at = ${settledAt} AND id > ? ORDER BY id LIMIT 1`, params: [id] },
      {
        sql: `${select} AND settled_at > ${Math.max(settledAt, checkedUntil)} AND settled_at <= ${now - shortest}
          ORDER BY settled_at LIMIT 1`,
        params: [],
      },
    ]);
    const oldest = (settledAt > checkedUntil ? same?.[0] : undefined) ?? later?.[0];
    return oldest === undefined ? 0 : now - shortest - Number(oldest[0]);
  }

  /**
   * @throws StoreUnavailable, OutcomeUnknown: then the step was done completely or not at all, and its graphs are left to the
   * next sweep.
   */
  async step(): Promise<SweepOutcome> {
    if (!this.#areCallsChecked) {
      await this.#calls.removeNext();
      return NOTHING;
    }
    if (this.#begun !== null) return this.#continueRemoval(this.#begun);
    if (this.#large !== null) return this.#judgeLarge(this.#large);
    if (this.#found.length === 0) {
      await this.#findNext();
      await nextTurn();
    }
    return this.#found.length === 0 ? NOTHING : this.#judge();
  }

  /** Finds the next origins of promises that settled long enough ago. */
  async #findNext(): Promise<void> {
    if (this.settledBy === null) return;
    const limit = this.#stepSize;
    const { settledAt, id } = this.#position;
    const select = `SELECT settled_at, id, origin FROM ${bySettlement(this.#sql.words)}`;
    const results = await this.#sql.select([
      { sql: `${select} AND settled_at = ${settledAt} AND id > ? ORDER BY id LIMIT ${limit}`, params: [id] },
      {
        sql: `${select} AND settled_at > ${settledAt} AND settled_at <= ${this.settledBy}
          ORDER BY settled_at, id LIMIT ${limit}`,
        params: [],
      },
    ]);
    const rows = results.flat().slice(0, limit);
    const last = rows.at(-1);
    if (last) this.#position = { settledAt: Number(last[0]), id: String(last[1]) };
    this.#isAtEnd = rows.length < limit;
    if (this.#judged.size > MAX_JUDGED) this.#judged.clear();
    const origins = new Set(rows.map(([, own, origin]) => String(origin ?? own)));
    this.#found = [...origins].filter((origin) => !this.#judged.has(origin));
  }

  /** Judges found graphs and removes those that may be removed, until they have enough promises for one step. */
  async #judge(): Promise<SweepOutcome> {
    const { rules, batchSize, isDryRun } = this.#options;
    const atOnce = Math.min(MAX_GRAPHS_AT_ONCE, Math.ceil(this.#stepSize / this.#meanSize));
    const graphs = await this.#reader.graphs(this.#found.slice(0, atOnce), batchSize + 1);
    // SQLite blocks the event loop: with 10 promises 0.5 ms for these reads and 1.5 ms for the removal, on a busy machine.
    // Requests run in between.
    await nextTurn();
    const members = [...graphs.values()].flat();
    this.#meanSize = Math.max(1, members.length / graphs.size);
    const outcome: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
    const going: Member[][] = [];
    let size = 0;
    for (const [origin, members] of graphs) {
      const isLarge = members.length > batchSize;
      if (going.length > 0 && (isLarge || size + members.length > this.#stepSize)) break;
      this.#found.shift();
      this.#judged.add(origin);
      if (isLarge) {
        this.#large = new LargeGraph(origin, this.#reader, rules, this.#now);
        return outcome;
      }
      const reason = tooYoung({ promises: members, rootTags: rootTagsOf(members) }, rules, this.#now);
      if (reason !== null) addOutcome(outcome, keptFor(reason));
      else if (members.length > 0) {
        going.push(members);
        size += members.length;
      }
    }
    if (going.length === 0) return outcome;
    return addOutcome(outcome, await (isDryRun ? this.#count(going) : this.#removal.whole(going, rules, this.#now)));
  }

  async #count(graphs: Member[][]): Promise<SweepOutcome> {
    const outcome: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
    const around = await this.#reader.surroundings(graphs.flat());
    for (const members of graphs) {
      const reason = heldBy(graphWith(members, around));
      addOutcome(outcome, reason === null ? { graphs: 1, promises: members.length, kept: {} } : keptFor(reason));
    }
    return outcome;
  }

  /** Judges the next part of a large graph. If it may be removed, records that, and the next steps remove it. */
  async #judgeLarge(graph: LargeGraph): Promise<SweepOutcome> {
    const verdict = await graph.judge(this.#stepSize);
    if (verdict === null) return NOTHING;
    this.#large = null;
    if ('reason' in verdict) return keptFor(verdict.reason);
    const { promises, settledUntil } = verdict;
    if (this.#options.isDryRun) return { graphs: 1, promises, kept: {} };
    const sql = this.#sql.words.insertNew(
      'removals (origin, settled_until)',
      `SELECT id, ${settledUntil} FROM (SELECT ? AS id) AS begun WHERE 1 = 1`,
    );
    await this.#sql.atomically([{ sql, params: [graph.origin] }]);
    this.#begun = '';
    return NOTHING;
  }

  /** Removes the next part of a graph whose removal this sweep or an earlier one has begun. */
  async #continueRemoval(after: string): Promise<SweepOutcome> {
    this.#begun = null;
    if (this.#options.isDryRun) return NOTHING;
    const sql = 'SELECT origin, settled_until FROM removals WHERE origin > ? ORDER BY origin LIMIT 1';
    const [rows] = await this.#sql.select([{ sql, params: [after] }]);
    if (!rows?.[0]) return NOTHING;
    const origin = String(rows[0][0]);
    const outcome = await this.#removePart(origin, Number(rows[0][1]));
    // If a promise of this graph is awaited, a later sweep tries again.
    this.#begun = outcome.promises > 0 || outcome.graphs > 0 ? after : origin;
    return outcome;
  }

  async #removePart(origin: string, settledUntil: number): Promise<SweepOutcome> {
    const callees = await this.#reader.settledCallees(origin, settledUntil, this.#stepSize);
    if (callees.length === this.#stepSize) return this.#removal.part(callees, settledUntil);
    const root = await this.#reader.root(origin);
    const roots = root && root.settledAt !== null && root.settledAt <= settledUntil ? [root] : [];
    // The root is removed last. While it exists, nobody can start the call again and find results of the old run.
    const end = { sql: 'DELETE FROM removals WHERE origin = ?', params: [origin] };
    const members = [...callees, ...roots];
    if (members.length === 0) {
      await this.#sql.atomically([end]);
      return { graphs: 1, promises: 0, kept: {} };
    }
    const outcome = await this.#removal.part(members, settledUntil, [end]);
    return outcome.promises > 0 ? { ...outcome, graphs: 1 } : outcome;
  }
}
