import type { PlainSql } from '../sql/plain-sql.ts';
import { complete } from '../sql/statement.ts';
import { RECORD_TABLES } from '../tables.ts';

/** Renews the statistics by which the database chooses indexes. @returns how many tables were looked at. */
export async function analyze({ words, atomically }: PlainSql): Promise<number> {
  for (const sql of words.analyze) await atomically([complete(sql)]);
  return RECORD_TABLES.length;
}
