import type { Dialect } from './dialect.ts';

export type StorageTarget = { type: 'sqlite'; path: string };

/**
 * Opens and migrates the database. Drivers load only when they are chosen, so a broken one harms nobody else.
 * @throws StoreUnavailable
 */
export async function openDialect(target: StorageTarget, clock: () => number): Promise<Dialect> {
  const { SqliteDialect } = await import('./dialects/sqlite/dialect.ts');
  const dialect = new SqliteDialect(target.path, clock);
  await dialect.migrate();
  return dialect;
}
