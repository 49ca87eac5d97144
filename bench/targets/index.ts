import { distantPostgres, largeMariadb, largePostgres, mariadb, mysqlServer, postgres } from './databases.ts';
import { sqlite } from './sqlite.ts';
import type { Storage } from './storage.ts';

/** The storages that are measured by default, in the order of the table. */
export const USUAL_STORAGES: readonly Storage[] = [sqlite, postgres, mariadb];

export const STORAGES: readonly Storage[] = [...USUAL_STORAGES, mysqlServer, ...distantPostgres];

/** The storages for a million promises. */
export const LARGE_STORAGES: readonly Storage[] = [sqlite, largePostgres, largeMariadb];

/** @throws if an option names an unknown storage. The error lists the known ones. */
export function storagesNamed(option: string, names: string, among: readonly Storage[]): Storage[] {
  return names.split(',').map((name) => {
    const found = among.find((storage) => storage.name === name);
    if (!found) throw new Error(`${option}: no "${name}"; there are ${among.map((one) => one.name).join(', ')}`);
    return found;
  });
}
