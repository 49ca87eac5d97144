import type { Searchable, Statement } from '../search-sql.ts';
import { inline } from './literal.ts';

/** What the SQL of searches looks like here. */
export const SEARCH_SQL: Omit<Searchable, 'run'> = {
  /** An expression has no index. */
  noIndex: (column) => `COALESCE(${column})`,
  /** Several indexes begin with the state; which one the optimizer takes follows from its statistics. */
  useIndex: (index) => ` FORCE INDEX (${index})`,
};

export function withValues({ sql, params }: Statement): string {
  return inline(sql, params);
}
