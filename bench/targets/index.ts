import { distantPostgres, mariadb, postgres } from './databases.ts';
import { sqlite } from './sqlite.ts';
import type { Storage } from './storage.ts';

/** What is measured unless others are asked for, in the order of the table. */
export const USUAL_STORAGES: readonly Storage[] = [sqlite, postgres, mariadb];

export const STORAGES: readonly Storage[] = [...USUAL_STORAGES, ...distantPostgres];
