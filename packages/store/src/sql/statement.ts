import type { SqlValue } from '@resonate/drivers';

/** A statement with a `?` for each parameter. */
export interface Statement {
  sql: string;
  params: SqlValue[];
}

/** A statement without parameters. */
export const complete = (sql: string): Statement => ({ sql, params: [] });
