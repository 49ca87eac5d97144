import { readFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import type { Row } from './report/row.ts';

/** What `--json` writes and `--against` reads. */
export interface Results {
  startedAt: string;
  machine: Machine;
  options: BenchOptions;
  rows: Row[];
  /** Results that do not fit into the table. */
  notes: string[];
  failures: string[];
}

/** @throws if the file is not the result of a run. */
export async function readResults(file: string): Promise<Results> {
  const results = JSON.parse(await readFile(file, 'utf8')) as Partial<Results>;
  const isRow = (row: Partial<Row>) => typeof row.target === 'string' && typeof row.work === 'string';
  if (!Array.isArray(results.rows) || !results.rows.every(isRow))
    throw new Error(`${file}: not a results file of --json`);
  return results as Results;
}
