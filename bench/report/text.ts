export interface Column<Of> {
  title: string;
  /** The width in characters. Cells are right-aligned; a negative number means left-aligned. */
  width: number;
  cell: (row: Of) => string;
}

/** The table's first lines: titles and a rule. */
export function headOf<Of>(columns: readonly Column<Of>[]): string {
  const titles = columns.map(({ title, width }) => pad(title, width)).join('  ');
  return `${titles}\n${columns.map(({ width }) => '-'.repeat(Math.abs(width))).join('  ')}`;
}

export function lineOf<Of>(columns: readonly Column<Of>[], row: Of): string {
  return columns.map(({ cell, width }) => pad(cell(row), width)).join('  ');
}

function pad(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}

/** A number without fraction and with grouped thousands: 12,345. */
export function whole(value: number | undefined): string {
  return value === undefined ? '-' : Math.round(value).toLocaleString('en-US');
}

/** Three significant figures below 100, an integer above. */
export function fine(value: number | undefined): string {
  if (value === undefined || value >= 100) return whole(value);
  return value === 0 ? '0' : value.toPrecision(3);
}
