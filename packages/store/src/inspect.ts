import type { Inspection } from './inspection.ts';
import type { StorageTarget } from './open.ts';

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
