import type pg from 'pg';

/** What Postgres knows about a table. Statistics arrive about a second late. */
export interface TableStatistics {
  name: string;
  /** Without indexes. */
  bytes: number;
  indexBytes: number;
  live: number;
  dead: number;
  vacuums: number;
  vacuumMs: number;
}

/** The statistics of these tables, by name. */
export async function statisticsOf(client: pg.Client, tables: readonly string[]): Promise<TableStatistics[]> {
  const { rows } = await client.query<Record<keyof TableStatistics, string>>(
    `SELECT relname AS name, pg_table_size(relid) AS bytes, pg_indexes_size(relid) AS "indexBytes", n_live_tup AS live,
      n_dead_tup AS dead, autovacuum_count AS vacuums, total_autovacuum_time AS "vacuumMs"
    FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = ANY($1) ORDER BY relname`,
    [tables],
  );
  return rows.map(({ name, bytes, indexBytes, live, dead, vacuums, vacuumMs }) => ({
    name,
    bytes: Number(bytes),
    indexBytes: Number(indexBytes),
    live: Number(live),
    dead: Number(dead),
    vacuums: Number(vacuums),
    vacuumMs: Number(vacuumMs),
  }));
}

/**
 * Sets scale factors of autovacuum for these tables.
 * @param settings such as `autovacuum_vacuum_scale_factor`
 * @param given the name of the option, for errors, and its value: a number, or "default" for Postgres' own
 */
export async function setFactor(
  client: pg.Client,
  tables: readonly string[],
  settings: readonly string[],
  given: { option: string; value: string },
): Promise<void> {
  if (given.value === 'default') return;
  const factor = Number(given.value);
  if (!(factor >= 0 && factor <= 100)) {
    throw new Error(`${given.option}: "default" or a number from 0 to 100, not "${given.value}"`);
  }
  const set = settings.map((setting) => `${setting} = ${factor}`).join();
  for (const table of tables) await client.query(`ALTER TABLE ${table} SET (${set})`);
}
