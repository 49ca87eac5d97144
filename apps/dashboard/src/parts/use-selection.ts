import { useState } from 'preact/hooks';

/** Rows that the reader has selected with the checkboxes of a table. */
export interface Selection<Row> {
  selectable: readonly Row[];
  selected: readonly Row[];
  /** True if every row is selected that can be. */
  isWhole: boolean;
  /** The name of a row, for its checkbox. */
  nameOf: (row: Row) => string;
  select: (row: Row, isSelected: boolean) => void;
  selectAll: (isSelected: boolean) => void;
}

interface Options<Row> {
  keyOf: (row: Row) => string | number;
  nameOf: (row: Row) => string;
  /** Rows for which there is nothing to do cannot be selected. */
  isSelectable?: (row: Row) => boolean;
}

/** A selection among the rows that a list shows. A row that leaves the list is no longer selected. */
export function useSelection<Row>(
  rows: readonly Row[],
  { keyOf, nameOf, isSelectable = () => true }: Options<Row>,
): Selection<Row> {
  const [keys, setKeys] = useState<ReadonlySet<string | number>>(new Set());
  const selectable = rows.filter(isSelectable);
  const selected = selectable.filter((row) => keys.has(keyOf(row)));
  return {
    selectable,
    selected,
    isWhole: selected.length > 0 && selected.length === selectable.length,
    nameOf,
    select: (row, isSelected) =>
      setKeys(new Set([...selected, row].filter((one) => isSelected || one !== row).map(keyOf))),
    selectAll: (isSelected) => setKeys(new Set(isSelected ? selectable.map(keyOf) : [])),
  };
}
