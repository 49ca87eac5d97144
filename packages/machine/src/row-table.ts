interface Cell<Row> {
  /** The row in the database; null if there is none. */
  stored: Row | null;
  current: Row | null;
}

interface Undo<Row> {
  cell: Cell<Row>;
  before: Row | null;
}

export interface RowChanges<Row> {
  inserts: Row[];
  updates: Row[];
  deletes: Row[];
}

/**
 * The rows of one table that a batch loaded, and its changes to them. Touching a key that was not loaded throws, because
 * that row is not locked.
 */
export class RowTable<Row> {
  readonly #name: string;
  readonly #keyOf: (row: Row) => string;
  readonly #cells = new Map<string, Cell<Row>>();
  readonly #journal: Undo<Row>[] = [];

  constructor(name: string, keyOf: (row: Row) => string) {
    this.#name = name;
    this.#keyOf = keyOf;
  }

  /** Records that `key` was looked up. `load` adds the rows that were found. */
  expect(key: string): void {
    if (!this.#cells.has(key)) this.#cells.set(key, { stored: null, current: null });
  }

  load(row: Row): void {
    this.#cells.set(this.#keyOf(row), { stored: row, current: row });
  }

  /** True if the key was looked up, whether or not there is a row. */
  isLoaded(key: string): boolean {
    return this.#cells.has(key);
  }

  get(key: string): Row | null {
    return this.#cell(key).current;
  }

  /** Like `get`, for a row that must exist. */
  need(key: string): Row {
    const row = this.get(key);
    if (row === null) throw new Error(`${this.#name}: no row ${JSON.stringify(key)}`);
    return row;
  }

  /** The row; null if there is none or if it was not loaded. So null does not prove that the row does not exist. */
  peek(key: string): Row | null {
    return this.#cells.get(key)?.current ?? null;
  }

  put(row: Row): void {
    this.#change(this.#cell(this.#keyOf(row)), row);
  }

  remove(key: string): void {
    this.#change(this.#cell(key), null);
  }

  /** Inserts a row that is known not to exist, although its key was not looked up. */
  insert(row: Row): void {
    this.expect(this.#keyOf(row));
    this.put(row);
  }

  get mark(): number {
    return this.#journal.length;
  }

  rewind(mark: number): void {
    while (this.#journal.length > mark) {
      const undo = this.#journal.pop();
      if (undo) undo.cell.current = undo.before;
    }
  }

  /** The changes that must be written to the database. */
  changes(): RowChanges<Row> {
    const changes: RowChanges<Row> = { inserts: [], updates: [], deletes: [] };
    if (this.#journal.length === 0) return changes;
    for (const { stored, current } of this.#cells.values()) {
      if (stored === current) continue;
      if (stored === null) {
        if (current !== null) changes.inserts.push(current);
      } else if (current === null) {
        changes.deletes.push(stored);
      } else {
        changes.updates.push(current);
      }
    }
    return changes;
  }

  #cell(key: string): Cell<Row> {
    const cell = this.#cells.get(key);
    if (!cell) throw new Error(`${this.#name}: ${JSON.stringify(key)} was not loaded`);
    return cell;
  }

  #change(cell: Cell<Row>, row: Row | null): void {
    this.#journal.push({ cell, before: cell.current });
    cell.current = row;
  }
}
