import { parseArgs } from 'node:util';
import { ID_STYLES } from './load/ids.ts';
import type { IdStyle } from './load/ids.ts';
import { PART_NAMES, WORK_NAMES } from './parts/names.ts';
import { SDKS, type SdkName } from './peers/workflows/names.ts';
import { STORAGES, USUAL_STORAGES } from './targets/index.ts';
import { SHAPES, type Shape } from './targets/server.ts';

export interface BenchOptions {
  quick: boolean;
  seconds: number;
  warmupSeconds: number;
  callers: number[];
  /** Rates of the open loop, rounds per second. */
  rates: number[];
  /** Names of parts and works; absent for all. */
  only?: string[];
  stores: string[];
  shapes: Shape[];
  /** The SDKs of the workflows; absent for all. */
  sdks?: SdkName[];
  /** How many old promises are in the tables. */
  old: number;
  ids: IdStyle;
  seed: number;
  /** The file for the results as JSON. */
  json?: string;
  /** The JSON file of an earlier run to compare with. */
  against?: string;
}

const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

export const USAGE = `npm run bench -- [options]
  --quick             the short run: sqlite and postgres, one process, 1 and 64 callers, 1 s each; workflows of 3 steps; no
                      100k timers, old promises, hanging target or retention; the flags below override this
  --only NAME,...     parts: ${list(PART_NAMES)};
                      or works: ${list(WORK_NAMES)} [all]
  --stores NAME,...   of: ${list(STORAGES.map(({ name }) => name))} [${USUAL_STORAGES.map(({ name }) => name).join(',')}]
  --shape NAME,...    single (all roles in one process), cluster (api, scheduler, dispatcher; not on sqlite) [both]
  --sdks NAME,...     of SDK workflows: ${list(SDKS)} [all]
  --callers N,N,...   numbers of concurrent callers [1,8,64,256]
  --rates N,N,...     rates of the open loop, invocations per second [100,500]
  --seconds N         duration of each measurement [3]
  --warmup N          seconds of warm-up with 64 callers before each measurement [3]
  --old N             number of old promises in the tables [1000000]
  --ids STYLE         ids of promises: ${ID_STYLES.join(' or ')}; random ids cost more in every B-tree [counted]
  --seed N            seed of random ids [1]
  --json FILE         write the results to this file
  --against FILE      print the ratios to the results of an earlier run
  --help`;

const FULL = {
  seconds: '3',
  warmup: '3',
  callers: '1,8,64,256',
  rates: '100,500',
  stores: USUAL_STORAGES.map(({ name }) => name).join(','),
  shape: SHAPES.join(','),
};
const QUICK: typeof FULL = {
  seconds: '1',
  warmup: '0.5',
  callers: '1,64',
  rates: '100',
  stores: 'sqlite,postgres',
  shape: 'single',
};

const text = { type: 'string' } as const;

/** Parses the command line. @returns undefined for --help. @throws Error that says what is wrong. */
export function readOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: text,
      stores: text,
      shape: text,
      sdks: text,
      callers: text,
      rates: text,
      seconds: text,
      warmup: text,
      old: text,
      ids: text,
      seed: text,
      json: text,
      against: text,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const standard = values.quick ? QUICK : FULL;
  const [seconds, warmup] = [values.seconds ?? standard.seconds, values.warmup ?? standard.warmup];
  return {
    quick: values.quick,
    seconds: number('--seconds', seconds, 600),
    warmupSeconds: number('--warmup', warmup, 600),
    callers: numbers('--callers', values.callers ?? standard.callers, 10_000),
    rates: numbers('--rates', values.rates ?? standard.rates, 100_000),
    ...(values.only === undefined ? {} : { only: names('--only', values.only, [...PART_NAMES, ...WORK_NAMES]) }),
    stores: names(
      '--stores',
      values.stores ?? standard.stores,
      STORAGES.map(({ name }) => name),
    ),
    shapes: names('--shape', values.shape ?? standard.shape, SHAPES),
    ...(values.sdks === undefined ? {} : { sdks: names('--sdks', values.sdks, SDKS) }),
    old: whole('--old', values.old ?? '1000000', 100_000_000),
    ids: names('--ids', values.ids ?? 'counted', ID_STYLES)[0] ?? 'counted',
    seed: whole('--seed', values.seed ?? '1', 2 ** 32 - 1),
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.against === undefined ? {} : { against: values.against }),
  };
}

function number(flag: string, value: string, most: number): number {
  const parsed = Number(value);
  if (parsed > 0 && parsed <= most) return parsed;
  throw new Error(`${flag}: ${value} is not a number above 0 and up to ${most}`);
}

function whole(flag: string, value: string, most: number): number {
  const parsed = number(flag, value, most);
  if (Number.isInteger(parsed)) return parsed;
  throw new Error(`${flag}: ${value} is not a whole number`);
}

function numbers(flag: string, value: string, most: number): number[] {
  return value.split(',').map((one) => whole(flag, one, most));
}

function names<Name extends string>(flag: string, value: string, known: readonly Name[]): Name[] {
  return value.split(',').map((one) => {
    const name = known.find((candidate) => candidate === one.trim());
    if (name === undefined) throw new Error(`${flag}: no "${one.trim()}"; there are ${known.join(', ')}`);
    return name;
  });
}
