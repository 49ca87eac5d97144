import type { Changes } from '@resonate/machine';
import { columnList, keyColumns, mutableColumns, type Column, type SqlValue, type Table } from '../../tables.ts';
import { writesOf } from '../changes.ts';
import { byKeys } from './by-keys.ts';
import { inline, list } from './literal.ts';

export function writes(changes: Partial<Changes>): string[] {
  return writesOf(changes).map(({ sort, table, rows }) => {
    if (sort === 'insert') return insert(table, rows, (column, row) => column.of(row));
    return sort === 'update' ? update(table, rows) : remove(table, rows);
  });
}

/**
 * The rows are there, under our lock, so this only updates, and what doesn't change needs no value. 64 tasks took 4.7 ms
 * so, 5.7 by a join with JSON_TABLE, 7.3 with a union, 12 with a statement each (MariaDB 10.11).
 */
function update<Row>(table: Table<Row>, rows: readonly Row[]): string {
  const kept = new Set([...keyColumns(table), ...mutableColumns(table)]);
  const empty = (column: Column<Row>) => (column.type === 'int' || column.type === 'bool' ? 0 : '');
  return insert(table, rows, (column, row) => (kept.has(column) ? column.of(row) : empty(column))) + onDuplicate(table);
}

function remove<Row>(table: Table<Row>, rows: readonly Row[]): string {
  const keys = rows.map((row) => keyColumns(table).map(({ of }) => of(row)));
  const { sql, params } = byKeys(table.name, table.key, keys);
  return inline(`DELETE t FROM ${sql}`, params);
}

/** Inserts rows or, where the key is there already, writes their mutable columns. */
export function upsert<Row>(table: Table<Row>, rows: readonly Row[]): string {
  return insert(table, rows, (column, row) => column.of(row)) + onDuplicate(table);
}

function onDuplicate<Row>(table: Table<Row>): string {
  const set = mutableColumns(table).map(({ name }) => `${name} = VALUES(${name})`);
  return `\nON DUPLICATE KEY UPDATE ${set.join(', ')}`;
}

function insert<Row>(
  table: Table<Row>,
  rows: readonly Row[],
  valueOf: (column: Column<Row>, row: Row) => SqlValue,
): string {
  const values = rows.map((row) => list(table.columns.map((column) => valueOf(column, row))));
  return `INSERT INTO ${table.name} (${columnList(table)}) VALUES ${values.join(',\n')}`;
}
