import { fileURLToPath } from 'node:url';
import { Spawned } from '../../test/processes/spawned.ts';
import { TOO_SLOW } from '../exit-codes.ts';
import type { BenchOptions } from '../options.ts';
import type { PartName } from './names.ts';
import { isWanted, type Step } from './part.ts';

interface Program {
  part: PartName;
  script: string;
  args: string[];
}

const LAST_LINES = 30;
const ENDS_WITHIN_MS = 600_000;

/** Separate benchmark programs whose results are sentences. Each takes minutes, so the quick run leaves them out. */
const PROGRAMS: readonly Program[] = [
  { part: 'hanging target', script: '../hanging/main.ts', args: [] },
  {
    part: 'retention',
    script: '../retention/main.ts',
    args: ['--promises', '200000', '--seconds', '10', '--targets', 'sqlite,postgres'],
  },
];

export function programSteps(options: BenchOptions): Step[] {
  return PROGRAMS.filter(({ part }) => isWanted(options, part) && (!options.quick || options.only)).map(
    ({ part, script, args }) => ({
      name: part,
      async run() {
        const program = new Spawned(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args]);
        const limit = setTimeout(() => void program.kill9(), ENDS_WITHIN_MS);
        const { code } = await program.exited;
        clearTimeout(limit);
        const lines = program.output(LAST_LINES);
        if (code !== 0 && code !== TOO_SLOW) throw new Error(`ended with ${code}\n${lines}`);
        return { notes: lines.split('\n').map((line) => `${part}: ${line}`) };
      },
    }),
  );
}
