import type { SqlValue } from './table.ts';

/** One statement with `?` in the places of its parameters. */
export interface Statement {
  sql: string;
  params: SqlValue[];
}

/** A statement without parameters. */
export const complete = (sql: string): Statement => ({ sql, params: [] });
