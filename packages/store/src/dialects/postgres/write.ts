import type { Changes, RowChanges } from '@resonate/machine';
import {
  CALLBACKS,
  columnList,
  keyColumns,
  LISTENERS,
  mutableColumns,
  PROMISE_TAGS,
  PROMISES,
  SCHEDULES,
  tagRows,
  TASKS,
  type Column,
  type ColumnType,
  type SqlValue,
  type Table,
} from '../../tables.ts';
import type { Prepared, Query } from './pipeline.ts';

/**
 * One statement per table and sort of change, its rows as one JSON text. Measured beside arrays (`unnest`) and one
 * insert per row: for 30 rows as cheap as arrays (24 to 28 us per row, 34 one by one), for one row as cheap as a plain
 * insert (170 us with both round trips, arrays 220), so that one statement serves both.
 */
const SQL_TYPES: Record<ColumnType, string> = { text: 'text', json: 'text', int: 'bigint', bool: 'smallint' };

const TABLES = [PROMISES, PROMISE_TAGS, TASKS, CALLBACKS, LISTENERS, SCHEDULES] as Table<unknown>[];

export const WRITE_STATEMENTS: Prepared[] = TABLES.flatMap((table) => {
  const { name } = table;
  const rows = (columns: readonly Column<unknown>[]) =>
    `json_to_recordset($1) AS new(${columns.map((column) => `${column.name} ${SQL_TYPES[column.type]}`).join(', ')})`;
  const keys = keyColumns(table);
  const mutable = mutableColumns(table);
  const sameKey = table.key.map((column) => `${name}.${column} = new.${column}`).join(' AND ');
  const set = mutable.map((column) => `${column.name} = new.${column.name}`).join(', ');
  const insert = `INSERT INTO ${name} (${columnList(table)}) SELECT ${columnList(table)} FROM ${rows(table.columns)}`;
  const update = `UPDATE ${name} SET ${set} FROM ${rows([...keys, ...mutable])} WHERE ${sameKey}`;
  const remove = `DELETE FROM ${name} USING ${rows(keys)} WHERE ${sameKey}`;
  return [
    { name: `insert_${name}`, text: insert },
    ...(mutable.length > 0 ? [{ name: `update_${name}`, text: update }] : []),
    { name: `delete_${name}`, text: remove },
  ];
});

/** What a batch changed: inserts first, sorted by key, so that batches which create the same rows meet in one order. */
export function writes(changes: Changes): Query[] {
  const queries: Query[] = [];
  const add = <Row>(sort: string, table: Table<Row>, columns: readonly Column<Row>[], rows: readonly Row[]) => {
    if (rows.length > 0) queries.push({ name: `${sort}_${table.name}`, values: [json(columns, rows)] });
  };
  const insert = <Row>(table: Table<Row>, rows: Row[]) => add('insert', table, table.columns, sorted(table, rows));
  insert(PROMISES, changes.promises.inserts);
  insert(PROMISE_TAGS, changes.promises.inserts.flatMap(tagRows));
  insert(TASKS, changes.tasks.inserts);
  insert(CALLBACKS, changes.callbacks.inserts);
  insert(LISTENERS, changes.listeners.inserts);
  insert(SCHEDULES, changes.schedules.inserts);
  const change = <Row>(table: Table<Row>, { updates, deletes }: RowChanges<Row>) => {
    add('update', table, [...keyColumns(table), ...mutableColumns(table)], updates);
    add('delete', table, keyColumns(table), deletes);
  };
  change(PROMISES, changes.promises);
  change(TASKS, changes.tasks);
  change(CALLBACKS, changes.callbacks);
  change(LISTENERS, changes.listeners);
  change(SCHEDULES, changes.schedules);
  return queries;
}

/** Rows in the order of their keys, each key once: two tag names may be equal in what the index holds of them. */
function sorted<Row>(table: Table<Row>, rows: readonly Row[]): Row[] {
  const keys = keyColumns(table);
  const byKey = new Map(rows.map((row) => [keys.map((column) => column.of(row)).join('\0'), row]));
  if (byKey.size === 1) return [...byKey.values()];
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

/** A column that is left out is null, and costs nothing to write or to read. */
function json<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const objects = rows.map((row) => {
    const object: Record<string, SqlValue> = {};
    for (const { name, of } of columns) {
      const value = of(row);
      if (value !== null) object[name] = value;
    }
    return object;
  });
  return JSON.stringify(objects);
}
