/** The output of client commands: a table for people, JSON for programs. */

export interface OutputOptions {
  /** `table` or `json`; unset: a table on a terminal, JSON into a pipe or file. */
  output?: string | undefined;
}

export type Cell = string | number | boolean | undefined;

export interface Table {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** True if long cells are not shortened. */
  isWide?: boolean;
}

/** Maximum length of a cell. The first cell of a row is its id and is never shortened, so that it can be copied. */
const MAX_CELL = 80;
/** Control characters, which could move a terminal's cursor or change its colours. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** The last time that `Date` supports. Clients send later ones for "never". */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** Whether to print a table. */
export function wantsTable({ output }: OutputOptions): boolean {
  return output === undefined ? process.stdout.isTTY : output === 'table';
}

/** Prints data in the requested format. */
export function show<T>(data: T, options: OutputOptions, table: (data: T) => Table): void {
  process.stdout.write(wantsTable(options) ? tableText(table(data)) : jsonText(data));
}

/** Indented JSON with sorted keys. It equals the output of the public server's command byte by byte. */
export function jsonText(data: unknown): string {
  return `${JSON.stringify(inOrder(data), null, 2)}\n`;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}

/** The headings and a line for each row. Without rows only the headings. */
export function tableText({ columns, rows, isWide }: Table): string {
  const maxCell = isWide ? Infinity : MAX_CELL;
  const widths = columnWidths({ columns, rows }, maxCell);
  return [columns, ...rows].map((row) => lineText(row, widths, maxCell)).join('');
}

export function columnWidths({ columns, rows }: Table, maxCell = MAX_CELL): number[] {
  return columns.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => cellText(row[index], index, maxCell).length)),
  );
}

/** One row. Its cells are padded to `widths`. */
export function lineText(row: readonly Cell[], widths: readonly number[], maxCell = MAX_CELL): string {
  const cells = row.map((cell, index) => cellText(cell, index, maxCell).padEnd(widths[index] ?? 0));
  return `${cells.join('  ').trimEnd()}\n`;
}

function cellText(cell: Cell, index: number, maxCell: number): string {
  const text = printable(String(cell ?? ''));
  return index === 0 ? text : shortened(text, maxCell);
}

/** Cuts a text to the length of a cell. */
export function shortened(text: string, most = MAX_CELL): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Replaces control characters, so that text from outside is safe to write to a terminal. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, '·');
}

/** A time for people, in UTC: `2026-01-31 23:59:59Z`; empty if there is none. @param at epoch ms */
export function instant(at: number | undefined): string {
  if (at === undefined) return '';
  return at > MAX_DATE_MS ? 'never' : new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}
