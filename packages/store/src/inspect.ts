import type { StorageTarget } from './open.ts';

/** What is found in a database, without changing anything in it. */
export interface Inspection {
  /** The migrations it has had; null before a server has ever used it. */
  schemaVersion: number | null;
  /** What this program brings it to. */
  knownVersion: number;
  /** The store's clock, epoch ms. */
  now: number;
}

/**
 * Looks at a database as it is: nothing is migrated, locked or written, also while servers use it.
 * @param clock this machine's, which is the store's on SQLite.
 * @throws StoreUnavailable when it can't be reached or read.
 */
export async function inspectStore(target: StorageTarget, clock: () => number): Promise<Inspection> {
  switch (target.type) {
    case 'sqlite':
      return (await import('./dialects/sqlite/inspect.ts')).inspect(target.path, clock);
    case 'postgres':
      return (await import('./dialects/postgres/inspect.ts')).inspect(target);
    case 'mysql':
      return (await import('./dialects/mysql/inspect.ts')).inspect(target);
  }
}
