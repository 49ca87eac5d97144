import type { Row } from './row.ts';
import { headOf, lineOf, type Column } from './text.ts';

/**
 * The values of a row divided by those of the earlier run. A ratio is absent if one of the two runs did not measure it.
 */
export interface Ratios {
  target: string;
  work: string;
  load: string;
  rate?: number;
  p50?: number;
  p99?: number;
  serverCpu?: number;
  databaseCpu?: number;
}

const times = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(2)}x`);

const COLUMNS: readonly Column<Ratios>[] = [
  { title: 'target', width: -25, cell: (row) => row.target },
  { title: 'work', width: -28, cell: (row) => row.work },
  { title: 'load', width: 6, cell: (row) => row.load },
  { title: 'rounds/s', width: 8, cell: (row) => times(row.rate) },
  { title: 'p50', width: 7, cell: (row) => times(row.p50) },
  { title: 'p99', width: 7, cell: (row) => times(row.p99) },
  { title: 'server us/req', width: 13, cell: (row) => times(row.serverCpu) },
  { title: 'db us/req', width: 9, cell: (row) => times(row.databaseCpu) },
];

/** Ratios of the rows that both runs have, in the order of `now`. */
export function compare(now: readonly Row[], before: readonly Row[]): Ratios[] {
  const earlier = new Map(before.map((row) => [keyOf(row), row]));
  return now.flatMap((row) => {
    const old = earlier.get(keyOf(row));
    if (!old) return [];
    return {
      target: row.target,
      work: row.work,
      load: row.load,
      ...ratio('rate', row.roundsPerSecond, old.roundsPerSecond),
      ...ratio('p50', row.p50Ms, old.p50Ms),
      ...ratio('p99', row.p99Ms, old.p99Ms),
      ...ratio('serverCpu', row.serverCpuUsPerRequest, old.serverCpuUsPerRequest),
      ...ratio('databaseCpu', row.databaseCpuUsPerRequest, old.databaseCpuUsPerRequest),
    };
  });
}

/** The rows as a table of ratios. 2.00x means twice as many for `rounds/s`, and twice as slow for `p50`. */
export function comparisonTable(ratios: readonly Ratios[]): string {
  return [headOf(COLUMNS), ...ratios.map((row) => lineOf(COLUMNS, row))].join('\n');
}

const keyOf = ({ target, work, load }: Row) => JSON.stringify([target, work, load]);

function ratio<Name extends string>(name: Name, now?: number, before?: number): Partial<Record<Name, number>> {
  if (now === undefined || before === undefined || before === 0) return {};
  return { [name]: now / before } as Partial<Record<Name, number>>;
}
