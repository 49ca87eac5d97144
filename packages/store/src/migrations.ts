import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect } from './dialect.ts';

/**
 * Migrations are SQL files, `NNNN_name.sql`, one folder per dialect. A released file is never edited: the next change
 * is the next file.
 */
export interface Migration {
  version: number;
  name: string;
  sql: string;
}

const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** The migrations of one dialect, in order. The bundle has these folders, too (scripts/bundle.ts). */
export function readMigrations(dialect: Dialect['name']): Migration[] {
  return migrationsIn(join(import.meta.dirname, 'dialects', dialect, 'migrations'));
}

/** @throws if a file is not named like a migration, or if a version is missing. */
export function migrationsIn(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const match = FILE.exec(file);
      if (!match) throw new Error(`migration ${file}: its name must be NNNN_name.sql`);
      return { version: Number(match[1]), name: match[2] ?? '', sql: readFileSync(join(folder, file), 'utf8') };
    });
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) throw new Error(`migration ${index + 1} is missing in ${folder}`);
  });
  return migrations;
}

/**
 * The migrations that a database of version `applied` still needs.
 * @throws if a newer program has migrated the database.
 */
export function pendingMigrations(all: Migration[], applied: number): Migration[] {
  if (applied > all.length) {
    throw new Error(
      `the database has schema version ${applied}, this program knows up to ${all.length}: ` +
        'start the newer program, or restore a backup made before it ran',
    );
  }
  return all.slice(applied);
}
