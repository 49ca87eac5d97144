import { describe, expect, test } from '@jest/globals';
import { RowTable } from './row-table.ts';

interface Row {
  id: string;
  value: number;
}

const A: Row = { id: 'a', value: 1 };
const B: Row = { id: 'b', value: 2 };

/** `a` is stored, `b` was looked up and not found. */
function table(): RowTable<Row> {
  const rows = new RowTable<Row>('rows', ({ id }) => id);
  rows.expect('a');
  rows.expect('b');
  rows.load(A);
  return rows;
}

const NONE = { inserts: [], updates: [], deletes: [] };

describe('a table of loaded rows', () => {
  test('returns the rows that were found, and null for keys that were looked up without a result', () => {
    expect(table().get('a')).toBe(A);
    expect(table().get('b')).toBeNull();
  });

  test('throws if a key that was not looked up is read, written or removed', () => {
    const rows = table();
    expect(() => rows.get('c')).toThrow('rows: "c" was not loaded');
    expect(() => rows.put({ id: 'c', value: 3 })).toThrow('was not loaded');
    expect(() => rows.remove('c')).toThrow('was not loaded');
    expect(() => rows.need('b')).toThrow('no row "b"');
    expect(rows.peek('c')).toBeNull();
  });

  test('has nothing to write while nothing was changed', () => {
    expect(table().changes()).toEqual(NONE);
  });

  test('distinguishes inserts, updates and deletes by the stored row', () => {
    const rows = table();
    rows.put(B);
    expect(rows.changes()).toEqual({ ...NONE, inserts: [B] });
    rows.put({ ...A, value: 9 });
    expect(rows.changes()).toEqual({ ...NONE, inserts: [B], updates: [{ id: 'a', value: 9 }] });
    rows.remove('a');
    expect(rows.changes()).toEqual({ ...NONE, inserts: [B], deletes: [A] });
  });

  test('writes only the final rows: insert then remove is no change, remove then put is an update', () => {
    const rows = table();
    rows.put(B);
    rows.remove('b');
    rows.remove('a');
    rows.put({ ...A, value: 3 });
    expect(rows.changes()).toEqual({ ...NONE, updates: [{ id: 'a', value: 3 }] });
    rows.put(A);
    expect(rows.changes()).toEqual(NONE);
  });

  test('undoes the changes since a mark, and none before it', () => {
    const rows = table();
    rows.put({ ...A, value: 5 });
    const mark = rows.mark;
    rows.put({ ...A, value: 6 });
    rows.remove('a');
    rows.put(B);
    rows.insert({ id: 'c', value: 7 });
    rows.rewind(mark);
    expect(rows.get('a')).toEqual({ id: 'a', value: 5 });
    expect(rows.get('b')).toBeNull();
    expect(rows.get('c')).toBeNull();
    expect(rows.changes()).toEqual({ ...NONE, updates: [{ id: 'a', value: 5 }] });
    rows.rewind(0);
    expect(rows.changes()).toEqual(NONE);
  });
});
