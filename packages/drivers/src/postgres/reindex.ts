import type { Connections } from './connections.ts';
import type { Session } from './session.ts';

/** Smaller indexes are not rebuilt. */
const MIN_BYTES = 64 * 1024 * 1024;
/** An index is rebuilt if it takes this many times the space that its entries need. */
const BLOAT = 3;
/** The space of an index entry without its columns: header, line pointer and alignment. */
const ENTRY_BYTES = 16;
/** How full the pages of a B-tree are whose keys are inserted in random order. */
const FILL = 0.7;

/** The schema may also have tables of other applications. */
const OURS = 'i.relnamespace = current_schema()::regnamespace AND t.relname = ANY($1)';

/** Indexes of the tables $1 that, by the statistics, are several times as large as their rows need; the largest first. */
const bloated = (minBytes: number) => `SELECT quote_ident(i.relname) FROM pg_class i
  JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_class t ON t.oid = x.indrelid
  WHERE ${OURS} AND i.relkind = 'i' AND i.reltuples >= 0
    AND pg_relation_size(i.oid) > ${minBytes}
    AND pg_relation_size(i.oid) > ${BLOAT} * i.reltuples / ${FILL} * (${ENTRY_BYTES} + (
      SELECT coalesce(sum(s.avg_width), 0) FROM pg_attribute a JOIN pg_stats s
        ON s.schemaname = current_schema() AND s.attname = a.attname AND s.tablename = t.relname
      WHERE a.attrelid = t.oid AND a.attnum = ANY(x.indkey::int2[])))
  ORDER BY pg_relation_size(i.oid) DESC`;

/** A rebuild has no time limit. If this process dies, the server stops the rebuild within about a second. */
const NO_TIME_LIMIT = "SET statement_timeout = 0; SET client_connection_check_interval = '1s'";

/** Invalid indexes that interrupted rebuilds left behind. */
const LEFT_BEHIND = `SELECT quote_ident(i.relname) FROM pg_class i
  JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_class t ON t.oid = x.indrelid
  WHERE ${OURS} AND NOT x.indisvalid AND i.relname ~ '_cc(new|old)[0-9]*$'`;

/**
 * Rebuilds indexes that are far larger than their rows need. Indexes grow like that when most rows of a page are deleted
 * and no new keys fall between the others. Requests are not blocked. If a rebuild is interrupted, it leaves an invalid
 * index, which the next run removes. If one index fails, the others are still rebuilt.
 * @param tables only their indexes are rebuilt.
 * @param minBytes smaller indexes are not rebuilt.
 * @returns how many were rebuilt.
 * @throws the first error.
 */
export async function reindex(
  connections: Connections,
  signal: AbortSignal,
  tables: readonly string[],
  minBytes = MIN_BYTES,
): Promise<number> {
  const session = await connections.dedicated(Infinity);
  const end = () => void session.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    // It may have been aborted while the connection was opened.
    signal.throwIfAborted();
    await session.script(NO_TIME_LIMIT);
    const errors: unknown[] = [];
    const attempt = (sql: string) => session.script(sql).catch((error: unknown) => void errors.push(error));
    for (const name of await names(session, LEFT_BEHIND, tables))
      await attempt(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    const found = await names(session, bloated(minBytes), tables);
    for (const name of found) await attempt(`REINDEX INDEX CONCURRENTLY ${name}`);
    if (errors.length > 0) throw errors[0];
    return found.length;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    await session.end();
  }
}

async function names(session: Session, text: string, tables: readonly string[]): Promise<string[]> {
  const [rows = []] = await session.run([{ text, values: [`{${tables.join(',')}}`] }]);
  return rows.map(([name]) => String(name));
}
