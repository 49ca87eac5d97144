import type { SqlValue } from '@resonate/drivers';
import { inline, list } from '@resonate/drivers/mysql';
import type { Changes } from '@resonate/machine';
import type { TableShape } from '../../sql/table.ts';
import { writesOf, type Write } from '../changes.ts';
import { byKeys } from './by-keys.ts';
import { WORDS } from './words.ts';

export function writes(changes: Partial<Changes>): string[] {
  return writesOf(changes).map((write) => {
    const { sort, table, rows } = write;
    if (sort === 'insert') return insert(table, rows);
    return sort === 'update' ? update(write) : remove(table, rows);
  });
}

/**
 * An insert that only updates, because the rows exist and this transaction has locked them. Immutable columns get a
 * placeholder, which is never stored. 64 tasks took 4.7 ms; 5.7 ms by a join with JSON_TABLE, 7.3 ms with UNION, 12 ms with one statement each
 * (MariaDB 10.11).
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
