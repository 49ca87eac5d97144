import { heldBy, reasonToKeep, type KeepReason, type RetentionRules } from '@resonate/machine';
import { byteOrder } from '@resonate/protocol';
import type { Statement } from '../sql/statement.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { PROMISE_TAGS, tagRows } from '../tables.ts';
import { graphWith, memberOf, surroundingsOf, type GraphReader, type Member } from './graphs.ts';

/** What a sweep did: how many graphs and promises it removed, and how many graphs it kept for which reason. */
export interface SweepOutcome {
  graphs: number;
  promises: number;
  kept: Partial<Record<KeepReason | 'changed', number>>;
}

/** Removes call graphs, each with all that hangs on it, in one transaction. */
export class Removal {
  readonly #sql: PlainSql;
  readonly #reader: GraphReader;

  constructor(sql: PlainSql, reader: GraphReader) {
    this.#sql = sql;
    this.#reader = reader;
  }

  /**
   * Whole graphs, judged again under their promises' locks: a promise that came to one of them meanwhile keeps it. One
   * that comes later comes after the removal: it is written beside what is gone.
   */
  async whole(graphs: readonly (readonly Member[])[], rules: RetentionRules, now: number): Promise<SweepOutcome> {
    const members = inOrder(graphs.flat());
    const origins = graphs.flatMap(([first]) => (first ? [first.origin] : []));
    const outcome: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
    const { lock } = this.#sql.words;
    const reads = [
      this.#reader.lockStatement(members),
      ...this.#reader.aroundStatements(members, lock),
      ...this.#reader.rosterStatements(origins, members.length + 1),
    ];
    await this.#sql.decided(reads, ([locked = [], ...results]) => {
      Object.assign(outcome, { graphs: 0, promises: 0, kept: {} });
      const found = byOrigin(locked.map(memberOf));
      const roster = byOrigin(results.slice(AROUND).flatMap((rows) => rows.map(memberOf)));
      const around = surroundingsOf(results);
      const gone: Member[] = [];
      for (const origin of origins) {
        const graph = found.get(origin) ?? [];
        const isWhole = roster.get(origin)?.length === graph.length;
        const reason = isWhole ? reasonToKeep(graphWith(graph, around), rules, now) : 'changed';
        if (reason === null) gone.push(...graph);
        if (reason === null) outcome.graphs += 1;
        else outcome.kept[reason] = (outcome.kept[reason] ?? 0) + 1;
      }
      outcome.promises = gone.length;
      return this.#removing(gone);
    });
    return outcome;
  }

  /**
   * Some promises of a graph whose removal has begun, unless somebody waits for one of them.
   * @param last statements that end the removal with them.
   */
  async part(members: readonly Member[], last: Statement[] = []): Promise<SweepOutcome> {
    const outcome: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
    const reads = [
      this.#reader.lockStatement(inOrder(members)),
      ...this.#reader.aroundStatements(members, this.#sql.words.lock),
    ];
    await this.#sql.decided(reads, ([locked = [], ...results]) => {
      const found = locked.map(memberOf);
      const reason = heldBy(graphWith(found, surroundingsOf(results)));
      outcome.promises = reason === null ? found.length : 0;
      outcome.kept = reason === null ? {} : { [reason]: 1 };
      return reason === null ? [...this.#removing(found), ...last] : [];
    });
    return outcome;
  }

  /** Rows in the order of their keys, as all transactions lock them. */
  #removing(members: readonly Member[]): Statement[] {
    if (members.length === 0) return [];
    const { remove } = this.#sql.words;
    const ids = inOrder(members).map(({ id }) => [id]);
    const tags = members.flatMap(tagRows).map(({ name, value, promiseId }) => [name, value, promiseId]);
    return [
      ...remove('promises', ['id'], ids),
      ...(tags.length > 0 ? remove(PROMISE_TAGS.name, PROMISE_TAGS.key, tags) : []),
      ...remove('tasks', ['id'], ids),
      ...remove('callbacks', ['awaited'], ids),
    ];
  }
}

/** How many results `aroundStatements` has. */
const AROUND = 4;

function inOrder(members: readonly Member[]): Member[] {
  return members.toSorted((one, other) => byteOrder(one.id, other.id));
}

function byOrigin(members: readonly Member[]): Map<string, Member[]> {
  const graphs = new Map<string, Member[]>();
  for (const member of members) {
    const graph = graphs.get(member.origin);
    if (graph) graph.push(member);
    else graphs.set(member.origin, [member]);
  }
  return graphs;
}

/** @returns the sum, which is changed in place. */
export function addOutcome(sum: SweepOutcome, more: SweepOutcome): SweepOutcome {
  sum.graphs += more.graphs;
  sum.promises += more.promises;
  for (const [reason, count] of Object.entries(more.kept) as [keyof SweepOutcome['kept'], number][]) {
    sum.kept[reason] = (sum.kept[reason] ?? 0) + count;
  }
  return sum;
}
