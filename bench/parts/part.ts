import type { Work } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import type { Row } from '../report/row.ts';
import type { PartName } from './names.ts';

/** What one step found: rows of the table, and lines that fit no table. */
export interface Found {
  rows?: Row[];
  notes?: string[];
}

/** One measurement. */
export interface Step {
  /** For the message when it fails. */
  name: string;
  run(): Promise<Found>;
}

/** Whether a work of a part is asked for. */
export function isWanted({ only }: BenchOptions, part: PartName, work?: string): boolean {
  return only === undefined || only.includes(part) || (work !== undefined && only.includes(work));
}

/** What the options say of every closed loop. */
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
