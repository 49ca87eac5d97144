import { parseArgs } from 'node:util';
import { ID_STYLES, type IdStyle } from './load/ids.ts';
import { SCENARIOS } from './load/scenarios/index.ts';
import { TARGETS } from './targets/index.ts';

export interface BenchOptions {
  seconds: number;
  warmupSeconds: number;
  callers: number[];
  scenarios: string[];
  targets: string[];
  ids: IdStyle;
  /** Where the results go as JSON. */
  json: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  --seconds N        how long each measurement takes [3]
  --warmup N         seconds before it that don't count [1]
  --callers N,N,...  how many callers at once [1,8,64]
  --only NAME,...    of: ${SCENARIOS.map(({ name }) => `"${name}"`).join(', ')} [all]
  --targets NAME,... of: ${TARGETS.map(({ name }) => `"${name}"`).join(', ')} ["bare node:http","sqlite"]
  --ids STYLE        of promises: ${ID_STYLES.join(' or ')}; random ones are dearer for every B-tree [counted]
  --json FILE        write the results there
  --help`;

/** Reads the command line; throws an Error that says what is wrong with it. Undefined when only help is asked for. */
export function readOptions(argv: readonly string[]): BenchOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: text,
      warmup: text,
      callers: text,
      only: text,
      targets: text,
      ids: text,
      json: text,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const scenarioNames = SCENARIOS.map(({ name }) => name);
  const targetNames = TARGETS.map(({ name }) => name);
  return {
    seconds: positive('--seconds', values.seconds ?? '3'),
    warmupSeconds: positive('--warmup', values.warmup ?? '1'),
    callers: (values.callers ?? '1,8,64').split(',').map((count) => positive('--callers', count)),
    scenarios: namesOf('--only', values.only, scenarioNames, scenarioNames),
    targets: namesOf('--targets', values.targets, targetNames, ['bare node:http', 'sqlite']),
    ids: idStyle(values.ids ?? 'counted'),
    json: values.json,
  };
}

function idStyle(value: string): IdStyle {
  const style = ID_STYLES.find((known) => known === value);
  if (!style) throw new Error(`--ids: no "${value}"; there are ${ID_STYLES.join(', ')}`);
  return style;
}

function positive(flag: string, value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 10_000)) throw new Error(`${flag}: ${value} is not a number above 0 and up to 10000`);
  return number;
}

function namesOf(flag: string, value: string | undefined, known: string[], standard: string[]): string[] {
  if (value === undefined) return standard;
  const names = value.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`${flag}: no "${name}"; there are ${known.join(', ')}`);
  }
  return names;
}
