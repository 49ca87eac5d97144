import type { Token } from './token.ts';

/** What a token permits (protocol section 9). */
export interface Principal {
  /** What every id must start with; '' for all, null for a token that may do nothing. */
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

/** No id contains a NUL or half a surrogate pair, so such a prefix matches nothing. In a search, databases would fail on it. */
function isText(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && prefix.isWellFormed() && !prefix.includes('\u0000');
}

/** Any value that is not a list of names permits nothing, because its author meant to set a limit. */
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
