import type { Changes } from '@resonate/machine';
import type { SqlValue, TableShape } from '../../sql/table.ts';
import { writesOf, type Write } from '../changes.ts';
import { byKeys } from './by-keys.ts';
import { inline, list } from './literal.ts';
import { WORDS } from './words.ts';

export function writes(changes: Partial<Changes>): string[] {
  return writesOf(changes).map((write) => {
    const { sort, table, rows } = write;
    if (sort === 'insert') return insert(table, rows);
    return sort === 'update' ? update(write) : remove(table, rows);
  });
}

/**
 * The rows are there, under our lock, so this only updates, and what doesn't change needs no value. 64 tasks took 4.7 ms
 * so, 5.7 by a join with JSON_TABLE, 7.3 with a union, 12 with a statement each (MariaDB 10.11).
 */
function update({ table, columns, rows }: Write): string {
  const places = table.columns.map((column) => columns.indexOf(column));
  const empty = table.columns.map(({ type }) => (type === 'int' || type === 'bool' ? 0 : ''));
  const full = rows.map((values) =>
    places.map((place, index) => (place < 0 ? (empty[index] ?? '') : (values[place] ?? null))),
  );
  const mutable = table.mutableColumns.map(({ name }) => name);
  return `${insert(table, full)}\n${WORDS.orUpdate(table.key, mutable)}`;
}

function remove(table: TableShape, keys: readonly SqlValue[][]): string {
  const { sql, params } = byKeys(table.name, table.key, keys);
  return inline(`DELETE t FROM ${sql}`, params);
}

function insert({ name, columnList }: TableShape, rows: readonly SqlValue[][]): string {
  return `INSERT INTO ${name} (${columnList}) VALUES ${rows.map(list).join(',\n')}`;
}
