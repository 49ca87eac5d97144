/** The output of client commands: a table for people, JSON for programs. */
import { styleText } from 'node:util';

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

/** Maximum length of a cell. */
const MAX_CELL = 80;
/** Maximum length of an id in a table that is wider than the terminal. */
const MAX_ID = 40;
/** Headings of columns with ids. Ids are never cut at their end, because that is where they differ. */
const ID_HEADINGS = new Set(['ID', 'PROMISE']);
/** Control characters, which could move a terminal's cursor, change its colours, or reverse the text that follows. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** Those that `JSON.stringify` does not escape. */
const CONTROL_IN_JSON = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** The last time that `Date` supports. Clients send later ones for "never". */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** Whether to print a table. */
export function wantsTable({ output }: OutputOptions): boolean {
  return output === undefined ? process.stdout.isTTY : output === 'table';
}

/** Prints data in the requested format. */
export function show<T>(data: T, options: OutputOptions, table: (data: T) => Table): void {
  process.stdout.write(wantsTable(options) ? tableText(table(data), options) : jsonText(data));
}

/**
 * Indented JSON with sorted keys. It equals the output of the public server's command byte by byte, except that all
 * control characters are escaped.
 */
export function jsonText(data: unknown): string {
  return `${JSON.stringify(inOrder(data), null, 2).replaceAll(CONTROL_IN_JSON, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}

/** The headings and a line for each row. Without rows only the headings. */
function tableText(table: Table, options: OutputOptions): string {
  const layout = layoutOf(table, options);
  return linesText([table.columns, ...table.rows], layout);
}

/** The widths of a table's columns. Further pages of a list have the layout of the first. */
export interface Layout {
  columns: readonly string[];
  widths: readonly number[];
  maxCell: number;
  maxId: number;
}

/** Ids are shortened only on a terminal that is too narrow for them, and not with `--output table`. */
export function layoutOf({ columns, rows, isWide }: Table, { output }: OutputOptions): Layout {
  const maxCell = isWide ? Infinity : MAX_CELL;
  const whole = withWidths({ columns, rows }, maxCell, Infinity);
  const width = whole.widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length);
  const isTooWide = output === undefined && process.stdout.isTTY && width > (process.stdout.columns || Infinity);
  return isTooWide && !isWide ? withWidths({ columns, rows }, maxCell, MAX_ID) : whole;
}

function withWidths({ columns, rows }: Table, maxCell: number, maxId: number): Layout {
  const layout = { columns, maxCell, maxId };
  const widths = columns.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => cellText(row[index], index, layout).length)),
  );
  return { ...layout, widths };
}

const GAP = '  ';

/** The rows, with their cells padded to the widths of the layout. */
export function linesText(rows: readonly (readonly Cell[])[], layout: Layout): string {
  return rows.map((row) => lineText(row, layout)).join('');
}

function lineText(row: readonly Cell[], layout: Layout): string {
  const cells = row.map((cell, index) => {
    const text = cellText(cell, index, layout);
    const padding = ' '.repeat(Math.max(0, (layout.widths[index] ?? 0) - text.length));
    return (isState(row, index, layout) ? coloured(text) : text) + padding;
  });
  return `${cells.join(GAP).trimEnd()}\n`;
}

function cellText(cell: Cell, index: number, { columns, maxCell, maxId }: Omit<Layout, 'widths'>): string {
  const text = printable(String(cell ?? ''));
  if (!ID_HEADINGS.has(columns[index] ?? '')) return index === 0 ? text : shortened(text, maxCell);
  if (text.length <= maxId) return text;
  const half = Math.floor((maxId - 1) / 2);
  return `${text.slice(0, maxId - 1 - half)}…${text.slice(-half)}`;
}

/** Whether a cell is a state: in a column of states, or the value of a field such as `task.state`. */
function isState(row: readonly Cell[], index: number, { columns }: Layout): boolean {
  const heading = columns[index] ?? '';
  return /^(STATE|STATUS)$/.test(heading) || (heading === 'VALUE' && /(^|\.)state$/.test(String(row[0])));
}

type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'blue' | 'gray';

/** States of promises, tasks and jobs, and the results of `doctor`. */
const COLOURS: ReadonlyMap<string, Colour> = new Map<string, Colour>([
  ['pending', 'yellow'],
  ['resolved', 'green'],
  ['rejected', 'red'],
  ['rejected_canceled', 'red'],
  ['rejected_timedout', 'red'],
  ['acquired', 'cyan'],
  ['suspended', 'blue'],
  ['halted', 'red'],
  ['fulfilled', 'green'],
  ['running', 'cyan'],
  ['done', 'green'],
  ['lost', 'red'],
  ['failed', 'red'],
  ['ok', 'green'],
  ['warning', 'yellow'],
  ['off', 'gray'],
]);

/** Coloured only on a terminal, and not if NO_COLOR is set. */
function coloured(text: string): string {
  const colour = COLOURS.get(text);
  return colour === undefined ? text : styleText(colour, text, { stream: process.stdout });
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
