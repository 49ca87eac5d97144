import { reasonToKeep, type RetentionRules } from '@resonate/machine';
import { TAG } from '@resonate/protocol';
import { graphWith, type GraphReader, type Member } from './graphs.ts';
import type { SweepOutcome } from './removal.ts';

/** Why a graph stays; or, if it may be removed, how many promises it has and when the last one settled (epoch ms). */
export type Verdict = { reason: keyof SweepOutcome['kept'] } | { promises: number; settledUntil: number };

/**
 * Judges a graph that is too large for one transaction, page by page. It locks nothing: settled promises do not change, and
 * the count at the end shows whether a promise was added.
 */
export class LargeGraph {
  readonly origin: string;
  readonly #reader: GraphReader;
  readonly #rules: RetentionRules;
  readonly #now: number;
  #root: Member | null | undefined;
  /** The last promise that was judged. */
  #after = '';
  #promises = 0;
  #settledUntil = 0;

  constructor(origin: string, reader: GraphReader, rules: RetentionRules, now: number) {
    this.origin = origin;
    this.#reader = reader;
    this.#rules = rules;
    this.#now = now;
  }

  /** Judges the next `limit` promises. @returns null if there are more. */
  async judge(limit: number): Promise<Verdict | null> {
    const members = await this.#next(limit);
    if (members.length === 0) return this.#end();
    const around = await this.#reader.surroundings(members);
    const reason = reasonToKeep(graphWith(members, around, this.#root?.tags ?? {}), this.#rules, this.#now);
    if (reason !== null) return { reason };
    this.#promises += members.length;
    this.#settledUntil = Math.max(this.#settledUntil, ...members.map(({ settledAt }) => settledAt ?? 0));
    return null;
  }

  async #next(limit: number): Promise<Member[]> {
    if (this.#root === undefined) {
      this.#root = await this.#reader.root(this.origin);
      // The pages have only promises that name their origin.
      if (this.#root && !(TAG.origin in this.#root.tags)) return [this.#root];
    }
    const page = await this.#reader.page(this.origin, this.#after, limit);
    this.#after = page.at(-1)?.id ?? this.#after;
    return page;
  }

  async #end(): Promise<Verdict> {
    const now = await this.#reader.count(this.origin);
    if (now.promises !== this.#promises || now.pending > 0) return { reason: 'changed' };
    return { promises: this.#promises, settledUntil: this.#settledUntil };
  }
}
