import type { Row } from './row.ts';

interface Column {
  title: string;
  width: number;
  cell: (row: Row) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'target', width: -15, cell: (row) => row.target },
  { title: 'work', width: -20, cell: (row) => row.scenario },
  { title: 'callers', width: 7, cell: (row) => String(row.callers) },
  { title: 'rounds/s', width: 9, cell: (row) => whole(row.roundsPerSecond) },
  { title: 'p50 ms', width: 8, cell: (row) => fine(row.p50Ms) },
  { title: 'p99 ms', width: 8, cell: (row) => fine(row.p99Ms) },
  { title: 'max ms', width: 8, cell: (row) => fine(row.maxMs) },
  { title: 'server us/req', width: 13, cell: (row) => whole(row.serverCpuUsPerRequest) },
  { title: 'db us/req', width: 9, cell: (row) => whole(row.databaseCpuUsPerRequest) },
  { title: 'stmts/req', width: 9, cell: (row) => fine(row.statementsPerRequest) },
  { title: 'trips/req', width: 9, cell: (row) => fine(row.roundTripsPerRequest) },
  { title: 'batch', width: 5, cell: (row) => fine(row.meanBatchSize) },
  { title: 'load cpu', width: 8, cell: (row) => `${whole(row.loadCpuPercent)}%` },
];

/** The table's first lines; rows follow one by one, as they are measured. */
export function tableHead(): string {
  const titles = COLUMNS.map(({ title, width }) => pad(title, width)).join('  ');
  return `${titles}\n${COLUMNS.map(({ width }) => '-'.repeat(Math.abs(width))).join('  ')}`;
}

export function tableLine(row: Row): string {
  return COLUMNS.map(({ cell, width }) => pad(cell(row), width)).join('  ');
}

/** Right-aligned to `width` characters, left-aligned for a negative one. */
function pad(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}

/** Thousands grouped, no fraction: 12,345. */
function whole(value: number | undefined): string {
  return value === undefined ? '-' : Math.round(value).toLocaleString('en-US');
}

/** Three significant figures below 100, whole above. */
function fine(value: number | undefined): string {
  if (value === undefined || value >= 100) return whole(value);
  return value === 0 ? '0' : value.toPrecision(3);
}
