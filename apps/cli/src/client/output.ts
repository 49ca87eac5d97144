/** How client commands answer: a table for people, JSON for programs. */

export interface OutputOptions {
  /** `table` or `json`; unset: a table on a terminal, JSON into a pipe or file. */
  output?: string | undefined;
}

export type Cell = string | number | boolean | undefined;

export interface Table {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** Nothing is shortened. */
  isWide?: boolean;
}

/** Longest text of a cell; a row's first cell is its id and stays whole, so that it can be copied. */
const MAX_CELL = 80;
/** What would move a terminal's cursor or change its colours. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** The last instant that `Date` knows; clients send later ones for "never". */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** Whether to answer with a table. */
export function wantsTable({ output }: OutputOptions): boolean {
  return output === undefined ? process.stdout.isTTY : output === 'table';
}

/** Prints an answer in the wanted form. */
export function show<T>(data: T, options: OutputOptions, table: (data: T) => Table): void {
  process.stdout.write(wantsTable(options) ? tableText(table(data)) : jsonText(data));
}

/** Indented JSON with its keys in order, to the byte what the public server's command prints. */
export function jsonText(data: unknown): string {
  return `${JSON.stringify(inOrder(data), null, 2)}\n`;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}

/** Lines below their headings; only headings when there are no rows. */
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

/** One row, its cells at least as wide as `widths`. */
export function lineText(row: readonly Cell[], widths: readonly number[], maxCell = MAX_CELL): string {
  const cells = row.map((cell, index) => cellText(cell, index, maxCell).padEnd(widths[index] ?? 0));
  return `${cells.join('  ').trimEnd()}\n`;
}

function cellText(cell: Cell, index: number, maxCell: number): string {
  const text = printable(String(cell ?? ''));
  return index === 0 || text.length <= maxCell ? text : `${text.slice(0, maxCell - 1)}…`;
}

/** A text of somebody else's, safe to write to a terminal. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, '·');
}

/** An instant for people, in UTC: `2026-01-31 23:59:59Z`; nothing when there is none. @param at epoch ms */
export function instant(at: number | undefined): string {
  if (at === undefined) return '';
  return at > MAX_DATE_MS ? 'never' : new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

/** A length of time for people: `250 ms`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
