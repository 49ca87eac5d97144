import type { Dialect } from './dialect.ts';

/** How many tasks workers hold, counted up to `limit`: what is looked at is what is counted. */
export async function countLeases({ plain }: Dialect, limit: number): Promise<number> {
  const held = `SELECT 1 FROM tasks WHERE state = 'acquired' AND due_at > 0 LIMIT ${limit}`;
  const [rows] = await plain.select([{ sql: `SELECT COUNT(*) FROM (${held}) AS held`, params: [] }]);
  return Number(rows?.[0]?.[0]);
}
