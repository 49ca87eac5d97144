import type { Row } from './row.ts';
import { fine, headOf, lineOf, whole, type Column } from './text.ts';

const COLUMNS: readonly Column<Row>[] = [
  { title: 'target', width: -25, cell: (row) => row.target },
  { title: 'work', width: -28, cell: (row) => row.work },
  { title: 'load', width: 6, cell: (row) => row.load },
  { title: 'rounds/s', width: 8, cell: (row) => whole(row.roundsPerSecond) },
  { title: 'p50 ms', width: 7, cell: (row) => fine(row.p50Ms) },
  { title: 'p99 ms', width: 7, cell: (row) => fine(row.p99Ms) },
  { title: 'max ms', width: 7, cell: (row) => fine(row.maxMs) },
  { title: 'server us/req', width: 13, cell: (row) => whole(row.serverCpuUsPerRequest) },
  { title: 'db us/req', width: 9, cell: (row) => whole(row.databaseCpuUsPerRequest) },
  { title: 'stmts/req', width: 9, cell: (row) => fine(row.statementsPerRequest) },
  { title: 'trips/req', width: 9, cell: (row) => fine(row.roundTripsPerRequest) },
  { title: 'batch', width: 5, cell: (row) => fine(row.meanBatchSize) },
  { title: 'load us/round', width: 13, cell: (row) => whole(row.loadCpuUsPerRound) },
  {
    title: 'load cpu',
    width: 8,
    cell: ({ loadCpuPercent }) => (loadCpuPercent === undefined ? '-' : `${whole(loadCpuPercent)}%`),
  },
];

/** The table's first lines. Rows are printed one by one as they are measured. */
export const tableHead = (): string => headOf(COLUMNS);

export const tableLine = (row: Row): string => lineOf(COLUMNS, row);
