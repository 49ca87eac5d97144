import type { ComponentChildren } from 'preact';
import type { Selection } from './use-selection.ts';

export interface Column<Row> {
  /** The heading; also the label of the cell where the table is too narrow for columns. */
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** `id` grows and breaks anywhere, `number` is aligned right, `actions` has no visible heading. */
  kind?: 'id' | 'number' | 'actions';
}

interface Props<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
  /** Adds a column of checkboxes. */
  selection?: Selection<Row>;
}

/** A table; on a phone each row is a card. */
export function Table<Row>({ label, columns, rows, keyOf, selection }: Props<Row>) {
  return (
    <table class="table">
      <caption class="visually-hidden">{label}</caption>
      <thead>
        <tr>
          {selection && (
            <th scope="col" class="cell-select">
              <input
                type="checkbox"
                aria-label="Select all rows"
                disabled={selection.selectable.length === 0}
                checked={selection.isWhole}
                onChange={(event) => selection.selectAll(event.currentTarget.checked)}
              />
            </th>
          )}
          {columns.map(({ title, kind }) => (
            <th key={title} scope="col" class={kind && `cell-${kind}`}>
              {kind === 'actions' ? <span class="visually-hidden">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {selection && (
              <td class="cell-select">
                <input
                  type="checkbox"
                  aria-label={`Select ${selection.nameOf(row)}`}
                  disabled={!selection.selectable.includes(row)}
                  checked={selection.selected.includes(row)}
                  onChange={(event) => selection.select(row, event.currentTarget.checked)}
                />
              </td>
            )}
            {columns.map(({ title, kind, cell }) => (
              <td key={title} class={kind && `cell-${kind}`} data-label={title}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
