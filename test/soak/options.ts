import { parseArgs } from 'node:util';
import { readRun, type Run } from '../processes/long-run.ts';

/** The server's heap. */
export const HEAP_MIB = 512;
export const MIB = 1024 * 1024;

export const USAGE = 'usage: npm run soak:hostile -- [--minutes M] [--seed S]';

/** Reads the command line. @throws with one line that says what is wrong. */
export function readOptions(args: readonly string[]): Run {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
  });
  return readRun({ minutes: values.minutes, seed: values.seed });
}
