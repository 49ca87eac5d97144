import type pg from 'pg';

/** The tables of a call graph, and their columns that contain ids of promises. */
const COPIED: Readonly<Record<string, readonly string[]>> = {
  promises: ['id', 'origin', 'branch', 'parent'],
  promise_tags: ['promise_id'],
  tasks: ['id'],
};
/** Copies in one transaction. */
const AT_ONCE = 25;

export interface Ages {
  /** When the promises of the first copy settled. */
  oldestAt: number;
  /** The time between two copies. */
  everyMs: number;
}

/**
 * Copies everything in the tables `times` times, with other ids. The indexes are built afterwards, which takes a fraction
 * of the time of adding rows to them in random order.
 * @param ages times that differ from copy to copy; by default the copies have the times of the originals.
 */
export async function copyRows(client: pg.Client, times: number, ages?: Ages): Promise<void> {
  const tables = Object.keys(COPIED);
  const indexes = await indexesOf(client, tables);
  for (const { drop } of indexes) await client.query(drop);
  for (const table of tables) await client.query(`CREATE TABLE first_${table} AS SELECT * FROM ${table}`);
  const at = ages && `${ages.oldestAt} + n * ${ages.everyMs}`;
  for (let first = 1; first <= times; first += AT_ONCE) {
    const last = Math.min(times, first + AT_ONCE - 1);
    for (const [table, ids] of Object.entries(COPIED)) {
      const changed = new Map(ids.map((column) => [column, `t.${column} || '-' || n`]));
      if (table === 'promises') changed.set('tags', `replace(t.tags, t.origin, t.origin || '-' || n)`);
      if (table === 'promises' && at !== undefined) {
        changed
          .set('created_at', `${at} - 1000`)
          .set('settled_at', `CASE WHEN t.settled_at IS NOT NULL THEN ${at} END`);
      }
      const columns = await columnsOf(client, table);
      await client.query(`INSERT INTO ${table} (${columns.join()})
        SELECT ${columns.map((column) => changed.get(column) ?? `t.${column}`).join()}
        FROM generate_series(${first}, ${last}) n CROSS JOIN first_${table} t`);
    }
  }
  for (const table of tables) await client.query(`DROP TABLE first_${table}`);
  await client.query(`SET maintenance_work_mem = '2GB'`);
  for (const { create } of indexes) await client.query(create);
}

async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
    [table],
  );
  return rows.map(({ name }) => name);
}

interface Index {
  drop: string;
  create: string;
}

/** How to drop each index and how to create it again. A primary key is dropped as a constraint. */
async function indexesOf(client: pg.Client, tables: string[]): Promise<Index[]> {
  const { rows } = await client.query<Index>(
    `SELECT
      CASE WHEN c.oid IS NULL THEN format('DROP INDEX %I', x.relname)
        ELSE format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, c.conname) END AS drop,
      CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
        ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, c.conname, pg_get_constraintdef(c.oid)) END AS create
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
      LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = t.oid
    WHERE t.relnamespace = 'public'::regnamespace AND t.relname = ANY($1)`,
    [tables],
  );
  return rows;
}
