import type { Inspection } from './dialect.ts';
import type { StorageTarget } from './open.ts';

/**
 * Reads the state of a database. Migrates, locks and writes nothing, so servers may use it at the same time.
 * @param clock this machine's clock (epoch ms), used on SQLite.
 * @throws StoreUnavailable if it cannot be reached or read.
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
