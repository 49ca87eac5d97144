import { heldBy, reasonToKeep, type KeepReason, type RetentionRules } from '@resonate/machine';
import { byteOrder } from '@resonate/protocol';
import type { Dialect } from '../dialect.ts';
import { rewrite } from '../rewrite.ts';
import type { Statement } from '../sql/statement.ts';
import { PROMISE_TAGS, tagRows } from '../tables.ts';
import { graphWith, memberOf, surroundingsOf, type GraphReader, type Member } from './graphs.ts';

/** What a sweep did: how many graphs and promises it removed, and for each reason how many graphs it kept. */
export interface SweepOutcome {
  graphs: number;
  promises: number;
  kept: Partial<Record<KeepReason | 'changed', number>>;
}

/** Removes call graphs with everything that belongs to them. Each call is one transaction. */
export class Removal {
  readonly #dialect: Pick<Dialect, 'plain' | 'rewrite'>;
  readonly #reader: GraphReader;

  constructor(dialect: Pick<Dialect, 'plain' | 'rewrite'>, reader: GraphReader) {
    this.#dialect = dialect;
    this.#reader = reader;
  }

  /**
   * Removes whole graphs. Each is judged again under its promises' locks, and stays if a promise was added to it since. A
   * promise that is added after the transaction is not removed: it then is the only one of its graph.
   */
  async whole(graphs: readonly (readonly Member[])[], rules: RetentionRules, now: number): Promise<SweepOutcome> {
    const members = inOrder(graphs.flat());
    const origins = graphs.flatMap(([first]) => (first ? [first.origin] : []));
    const { lock } = this.#dialect.plain.words;
    const reads = [
      this.#reader.lockStatement(members),
      ...this.#reader.aroundStatements(members, lock),
      ...this.#reader.membersStatements(origins, members.length + 1),
    ];
    return rewrite(this.#dialect, reads, ([locked = [], ...results]) => {
      const found = byOrigin(locked.map(memberOf));
      // If there are more promises than before, those of some graphs may be missing here.
      const isCut = (results[AROUND]?.length ?? 0) > members.length;
      const current = byOrigin(results.slice(AROUND).flatMap((rows) => rows.map(memberOf)));
      const around = surroundingsOf(results);
      const outcome: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
      const gone: Member[] = [];
      for (const origin of origins) {
        const graph = found.get(origin) ?? [];
        const isWhole = !isCut && current.get(origin)?.length === graph.length;
        const reason = isWhole ? reasonToKeep(graphWith(graph, around), rules, now) : 'changed';
        if (reason === null) gone.push(...graph);
        addOutcome(outcome, reason === null ? { graphs: 1, promises: graph.length, kept: {} } : keptFor(reason));
      }
      return { also: this.#removing(gone), isScattered: gone.length > 0, result: () => outcome };
    });
  }

  /**
   * Removes some promises of a graph whose removal has begun, unless somebody waits for one of them.
   * @param settledUntil promises that settled later, or are pending, stay: they were created again after another process had
   *   removed the old ones.
   * @param last statements that run in the same transaction when these promises are the last ones.
   */
  async part(members: readonly Member[], settledUntil: number, last: Statement[] = []): Promise<SweepOutcome> {
    const reads = [
      this.#reader.lockStatement(inOrder(members)),
      ...this.#reader.aroundStatements(members, this.#dialect.plain.words.lock),
    ];
    return rewrite<SweepOutcome>(this.#dialect, reads, ([locked = [], ...results]) => {
      const found = locked.map(memberOf).filter(({ settledAt }) => settledAt !== null && settledAt <= settledUntil);
      const reason = heldBy(graphWith(found, surroundingsOf(results)));
      if (reason !== null) return { result: () => keptFor(reason) };
      const also = [...this.#removing(found), ...last];
      return { also, isScattered: true, result: () => ({ graphs: 0, promises: found.length, kept: {} }) };
    });
  }

  /** Rows in the order of their keys, as all transactions lock them. */
  #removing(members: readonly Member[]): Statement[] {
    if (members.length === 0) return [];
    const { remove } = this.#dialect.plain.words;
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

/** The outcome for one graph that stays. */
export function keptFor(reason: keyof SweepOutcome['kept']): SweepOutcome {
  return { graphs: 0, promises: 0, kept: { [reason]: 1 } };
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
