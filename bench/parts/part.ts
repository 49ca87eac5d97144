import type { Work } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import type { Row } from '../report/row.ts';
import type { PartName } from './names.ts';

/** The results of one step: rows of the table, and notes that do not fit into it. */
export interface Found {
  rows?: Row[];
  notes?: string[];
}

/** One measurement. */
export interface Step {
  /** The name in the error message if the step fails. */
  name: string;
  run(): Promise<Found>;
}

/** Whether a work of a part is selected. */
export function isWanted({ only }: BenchOptions, part: PartName, work?: string): boolean {
  return only === undefined || only.includes(part) || (work !== undefined && only.includes(work));
}

/** The work of a closed loop, with the options that apply to all of them. */
export function closed(options: BenchOptions, scenario: string, callers: number): Work {
  return {
    scenario,
    callers,
    ids: options.ids,
    seed: options.seed,
    warmupMs: options.warmupSeconds * 1_000,
    durationMs: options.seconds * 1_000,
  };
}
