import {
  heldBy,
  reasonToKeep,
  shortestPeriod,
  tooYoung,
  type KeepReason,
  type RetentionRules,
} from '@resonate/machine';
import { TAG } from '@resonate/protocol';
import type { PlainSql } from '../sql/plain-sql.ts';
import { GraphReader, graphWith, rootTagsOf, type Member } from './graphs.ts';
import { addOutcome, Removal, type Outcome } from './removal.ts';

export interface SweepOptions {
  rules: RetentionRules;
  /** Promises in one transaction. A graph that has more goes in several. */
  batchSize: number;
  /** Only counts what would go. */
  isDryRun?: boolean;
}

/** Where a sweep is: it goes through the settled promises, the oldest first. */
interface Position {
  settledAt: number;
  id: string;
}

/** Graphs that one step looks at: each is a statement. */
const GRAPHS_AT_ONCE = 50;
/** Graphs that this sweep has judged; beyond it one may be judged again. */
const MAX_JUDGED = 100_000;
const NOTHING: Outcome = { graphs: 0, promises: 0, kept: {} };

/**
 * One pass through all that settled long enough ago, in small steps: each reads a little and is at most one transaction.
 * Whoever stops between two steps, or within one, leaves nothing to be repaired: the next sweep finds what is left.
 */
export class Sweep {
  readonly #sql: PlainSql;
  readonly #reader: GraphReader;
  readonly #removal: Removal;
  readonly #options: SweepOptions;
  readonly #now: number;
  /** Everything that settled later stays, whatever it is. */
  readonly #settledBy: number | null;
  #position: Position = { settledAt: -1, id: '' };
  /** Origins found and not looked at yet. */
  #found: string[] = [];
  readonly #judged = new Set<string>();
  #isAtEnd = false;
  /** Begun removals are gone on with first, those after this origin. */
  #begun: string | null = '';

  /** @param now the store's clock, epoch ms: one instant for the whole sweep. */
  constructor(sql: PlainSql, options: SweepOptions, now: number) {
    this.#sql = sql;
    this.#reader = new GraphReader(sql);
    this.#removal = new Removal(sql, this.#reader);
    this.#options = options;
    this.#now = now;
    const shortest = shortestPeriod(options.rules);
    this.#settledBy = shortest === null ? null : now - shortest;
  }

  /** Call `step` until it is. */
  get isDone(): boolean {
    return this.#begun === null && this.#found.length === 0 && (this.#isAtEnd || this.#settledBy === null);
  }

  /** Promises old enough to be looked at that this sweep has not come to, counted up to `limit`. */
  async ahead(limit: number): Promise<number> {
    if (this.#settledBy === null) return 0;
    const rows = `SELECT 1 FROM ${this.#sql.words.bySettlement} AND settled_at > ${this.#position.settledAt}
      AND settled_at <= ${this.#settledBy} LIMIT ${limit}`;
    const [found] = await this.#sql.select([{ sql: `SELECT COUNT(*) FROM (${rows}) AS ahead`, params: [] }]);
    return Number(found?.[0]?.[0]);
  }

  /** @throws StoreUnavailable, BatchConflict: nothing was done then, or all of the step. */
  async step(): Promise<Outcome> {
    if (this.#begun !== null) return this.#goOn(this.#begun);
    if (this.#found.length === 0) await this.#look();
    return this.#found.length === 0 ? NOTHING : this.#judge();
  }

  /** Finds origins of promises that settled long enough ago, from where the sweep is on. */
  async #look(): Promise<void> {
    if (this.#settledBy === null) return;
    const { batchSize } = this.#options;
    const { settledAt, id } = this.#position;
    const select = `SELECT settled_at, id, origin FROM ${this.#sql.words.bySettlement}`;
    const results = await this.#sql.select([
      { sql: `${select} AND settled_at = ${settledAt} AND id > ? ORDER BY id LIMIT ${batchSize}`, params: [id] },
      {
        sql: `${select} AND settled_at > ${settledAt} AND settled_at <= ${this.#settledBy}
          ORDER BY settled_at, id LIMIT ${batchSize}`,
        params: [],
      },
    ]);
    const rows = results.flat().slice(0, batchSize);
    const last = rows.at(-1);
    if (last) this.#position = { settledAt: Number(last[0]), id: String(last[1]) };
    this.#isAtEnd = rows.length < batchSize;
    if (this.#judged.size > MAX_JUDGED) this.#judged.clear();
    const origins = new Set(rows.map(([, own, origin]) => String(origin ?? own)));
    this.#found = [...origins].filter((origin) => !this.#judged.has(origin));
  }

  /** Judges graphs that were found and removes those that may go, as many as fit into one transaction. */
  async #judge(): Promise<Outcome> {
    const { rules, batchSize, isDryRun } = this.#options;
    const graphs = await this.#reader.graphs(this.#found.slice(0, GRAPHS_AT_ONCE), batchSize + 1);
    const outcome: Outcome = { graphs: 0, promises: 0, kept: {} };
    const going: Member[][] = [];
    let size = 0;
    for (const [origin, members] of graphs) {
      const isLarge = members.length > batchSize;
      if (going.length > 0 && (isLarge || size + members.length > batchSize)) break;
      this.#found.shift();
      this.#judged.add(origin);
      if (isLarge) return addOutcome(outcome, await this.#judgeLarge(origin));
      const reason = tooYoung({ promises: members, rootTags: rootTagsOf(members) }, rules, this.#now);
      if (reason !== null) keep(outcome, reason);
      else if (members.length > 0) {
        going.push(members);
        size += members.length;
      }
    }
    if (going.length === 0) return outcome;
    return addOutcome(outcome, await (isDryRun ? this.#count(going) : this.#removal.whole(going, rules, this.#now)));
  }

  async #count(graphs: Member[][]): Promise<Outcome> {
    const outcome: Outcome = { graphs: 0, promises: 0, kept: {} };
    const around = await this.#reader.surroundings(graphs.flat());
    for (const members of graphs) {
      const reason = heldBy(graphWith(members, around));
      if (reason !== null) keep(outcome, reason);
      else addOutcome(outcome, { graphs: 1, promises: members.length, kept: {} });
    }
    return outcome;
  }

  /**
   * Judges a graph page by page, notes that its removal has begun, and leaves the rest to the next steps. Nothing is locked
   * meanwhile: what was judged does not change, and the last look is at whether something came to it.
   */
  async #judgeLarge(origin: string): Promise<Outcome> {
    const { rules, batchSize, isDryRun } = this.#options;
    const root = await this.#reader.root(origin);
    let [after, count, settledUntil] = ['', 0, 0];
    let members: Member[] = root && !(TAG.origin in root.tags) ? [root] : [];
    do {
      const around = await this.#reader.surroundings(members);
      const reason = reasonToKeep(graphWith(members, around, root?.tags ?? {}), rules, this.#now);
      if (reason !== null) return { ...NOTHING, kept: { [reason]: 1 } };
      count += members.length;
      settledUntil = Math.max(settledUntil, ...members.map(({ settledAt }) => settledAt ?? 0));
      members = await this.#reader.page(origin, after, batchSize);
      after = members.at(-1)?.id ?? after;
    } while (members.length > 0);
    const now = await this.#reader.count(origin);
    if (now.promises !== count || now.pending > 0) return { ...NOTHING, kept: { changed: 1 } };
    if (isDryRun) return { graphs: 1, promises: count, kept: {} };
    const sql = this.#sql.words.insertNew(
      'removals (origin, settled_until)',
      `SELECT id, ${settledUntil} FROM (SELECT ? AS id) AS begun WHERE 1 = 1`,
    );
    await this.#sql.atomically([{ sql, params: [origin] }]);
    this.#begun = '';
    return NOTHING;
  }

  /** A piece of a removal that was begun, by this sweep or by one that was ended in the middle. */
  async #goOn(after: string): Promise<Outcome> {
    this.#begun = null;
    if (this.#options.isDryRun) return NOTHING;
    const sql = 'SELECT origin, settled_until FROM removals WHERE origin > ? ORDER BY origin LIMIT 1';
    const [rows] = await this.#sql.select([{ sql, params: [after] }]);
    if (!rows?.[0]) return NOTHING;
    const origin = String(rows[0][0]);
    const outcome = await this.#removePart(origin, Number(rows[0][1]));
    // What somebody waits for is for another sweep.
    this.#begun = outcome.promises > 0 || outcome.graphs > 0 ? after : origin;
    return outcome;
  }

  async #removePart(origin: string, settledUntil: number): Promise<Outcome> {
    const { batchSize } = this.#options;
    const callees = await this.#reader.settledCallees(origin, settledUntil, batchSize);
    if (callees.length === batchSize) return this.#removal.part(callees);
    const root = await this.#reader.root(origin);
    const roots = root && root.settledAt !== null && root.settledAt <= settledUntil ? [root] : [];
    // The root goes last: as long as it is there, nobody starts the call anew among the results of the old one.
    const end = { sql: 'DELETE FROM removals WHERE origin = ?', params: [origin] };
    const members = [...callees, ...roots];
    if (members.length === 0) {
      await this.#sql.atomically([end]);
      return { graphs: 1, promises: 0, kept: {} };
    }
    const outcome = await this.#removal.part(members, [end]);
    return outcome.promises > 0 ? { ...outcome, graphs: 1 } : outcome;
  }
}

function keep(outcome: Outcome, reason: KeepReason): void {
  outcome.kept[reason] = (outcome.kept[reason] ?? 0) + 1;
}
