import type { Token } from './token.ts';

/** What a token permits (protocol section 9). */
export interface Principal {
  /** The prefix that every id must have; '' for all ids, null for a token that permits nothing. */
  readonly prefix: string | null;
  /** Groups whose event streams may be opened; null for all. */
  readonly groups: ReadonlySet<string> | null;
}

const EVERYTHING: Principal = { prefix: '', groups: null };

export function principalOf(claims: Token['claims']): Principal {
  const { role, prefix, groups } = claims;
  if (typeof role === 'string' && role.toLowerCase() === 'admin') return EVERYTHING;
  return { prefix: isText(prefix) ? prefix : null, groups: groupsOf(groups) };
}

/**
 * A prefix with a NUL or a lone surrogate is invalid: no id contains these, and databases would fail on it in a search.
 */
function isText(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && prefix.isWellFormed() && !prefix.includes('\u0000');
}

/** A claim that is not a list of names permits no group, because its author wanted to set a limit. */
function groupsOf(claim: unknown): ReadonlySet<string> | null {
  if (claim === undefined) return null;
  return new Set(Array.isArray(claim) ? claim.filter((name) => typeof name === 'string') : []);
}

export function mayDoAll({ prefix }: Principal): boolean {
  return prefix === '';
}

export function mayJoin({ groups }: Principal, group: string): boolean {
  return groups === null || groups.has(group);
}
