import type { Connections } from './connections.ts';
import type { Session } from './session.ts';

/** An index below this size is not worth the work. */
const MIN_BYTES = 64 * 1024 * 1024;
/** An index that takes so many times the space that its entries need is rebuilt. */
const BLOAT = 3;
/** Of an entry beside its columns: its header, its line pointer, and what alignment wastes. */
const ENTRY_BYTES = 16;
/** B-trees that grow in no order are filled so far. */
const FILL = 0.7;

/** Indexes of this schema that are several times as large as their rows need, as the statistics have it; the largest first. */
const bloated = (minBytes: number) => `SELECT quote_ident(i.relname) FROM pg_class i
  JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_class t ON t.oid = x.indrelid
  WHERE i.relnamespace = current_schema()::regnamespace AND i.relkind = 'i' AND i.reltuples >= 0
    AND pg_relation_size(i.oid) > ${minBytes}
    AND pg_relation_size(i.oid) > ${BLOAT} * i.reltuples / ${FILL} * (${ENTRY_BYTES} + (
      SELECT coalesce(sum(s.avg_width), 0) FROM pg_attribute a JOIN pg_stats s
        ON s.schemaname = current_schema() AND s.attname = a.attname AND s.tablename = t.relname
      WHERE a.attrelid = t.oid AND a.attnum = ANY(x.indkey::int2[])))
  ORDER BY pg_relation_size(i.oid) DESC`;

/** A rebuild takes as long as it takes, and ends soon after the process that wants it. */
const ALONE = "SET statement_timeout = 0; SET client_connection_check_interval = '1s'";

/** What a rebuild that was killed has left behind. */
const LEFT_BEHIND = `SELECT quote_ident(i.relname) FROM pg_class i JOIN pg_index x ON x.indexrelid = i.oid
  WHERE i.relnamespace = current_schema()::regnamespace AND NOT x.indisvalid AND i.relname ~ '_cc(new|old)[0-9]*$'`;

/**
 * Rebuilds indexes that have become far larger than their rows need, as they do when most rows of a page are deleted and
 * none comes between. Requests go on meanwhile. Ended in the middle it leaves an index that the next run removes.
 * @param minBytes what is smaller is left alone. @returns how many were rebuilt.
 */
export async function reindex(connections: Connections, signal: AbortSignal, minBytes = MIN_BYTES): Promise<number> {
  const session = await connections.dedicated(Infinity);
  const end = () => void session.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    await session.script(ALONE);
    for (const name of await names(session, LEFT_BEHIND))
      await session.script(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    const found = await names(session, bloated(minBytes));
    for (const name of found) await session.script(`REINDEX INDEX CONCURRENTLY ${name}`);
    return found.length;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    await session.end();
  }
}

async function names(session: Session, text: string): Promise<string[]> {
  const [rows = []] = await session.run([{ text }]);
  return rows.map(([name]) => String(name));
}
