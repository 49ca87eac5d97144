/** `npm run bench:search`: measures searches in a large database. Prints one table and writes JSON. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openDialect, Store, type Dialect } from '@resonate/store';
import { searchCases, type SearchCase } from './cases.ts';
import { LARGE_STORAGES, storagesNamed } from '../targets/index.ts';
import type { Storage } from '../targets/storage.ts';
import { wholeNumber } from '../whole-number.ts';
import { fill } from './fill.ts';

const ALL = LARGE_STORAGES.map(({ name }) => name).join(',');
const USAGE = `npm run bench:search -- [options]
  --promises N       number of promises in the tables [1000000]
  --targets NAME,... of: ${ALL} [all]
  --only TEXT        only searches whose name contains this
  --runs N           how often each search runs [30]
  --json FILE        write the results to this file
  --help`;
const WARM_UP_RUNS = 3;
/** The time for one kind of search. A slow search is repeated less often. */
const CASE_MS = 3_000;
const MIN_RUNS = 3;
/** The longest time that a search may take. */
const LIMIT_MS = 10;

interface Timing {
  database: string;
  search: string;
  found: number;
  minMs: number;
  p50Ms: number;
  maxMs: number;
}

const { values } = parseArgs({
  options: {
    promises: { type: 'string', default: '1000000' },
    targets: { type: 'string', default: ALL },
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '30' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else await bench();

async function bench(): Promise<void> {
  const [count, runs] = [wholeNumber('--promises', values.promises), wholeNumber('--runs', values.runs)];
  const storages = storagesNamed('--targets', values.targets, LARGE_STORAGES);
  const cases = searchCases(count).filter(({ name }) => name.includes(values.only));
  const timings: Timing[] = [];
  for (const storage of storages) timings.push(...(await timed(storage, cases, count, runs)));
  const slow = timings.filter(({ p50Ms }) => p50Ms > LIMIT_MS).length;
  console.log(`\n${slow} of ${timings.length} took more than ${LIMIT_MS} ms (marked *)`);
  if (values.json) await writeFile(values.json, `${JSON.stringify(timings, null, 2)}\n`);
}

/** Measures each search on a database of `count` promises. */
async function timed(storage: Storage, cases: SearchCase[], count: number, runs: number): Promise<Timing[]> {
  const database = await storage.create();
  const timings: Timing[] = [];
  let dialect: Dialect | undefined;
  try {
    dialect = await openDialect(database.target, Date.now);
    const startedAt = performance.now();
    await fill(dialect, count);
    console.log(`\n${storage.name}: ${count} promises in ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
    await dialect.close();
    await database.settle();
    dialect = await openDialect(database.target, Date.now);
    const store = storeOn(dialect);
    for (const search of cases) {
      const timing = await time(storage.name, store, search, runs);
      timings.push(timing);
      console.log(line(timing));
    }
  } finally {
    await dialect?.close();
    await database.drop();
    await storage.close?.();
  }
  return timings;
}

async function time(database: string, store: Store, { name, request }: SearchCase, runs: number): Promise<Timing> {
  const times: number[] = [];
  let found = 0;
  const until = performance.now() + CASE_MS;
  for (let run = -WARM_UP_RUNS; run < runs; run++) {
    if (run >= MIN_RUNS && performance.now() > until) break;
    const startedAt = performance.now();
    const { status, data } = await store.execute(request(run + WARM_UP_RUNS), null, 0);
    const elapsedMs = performance.now() - startedAt;
    if (status !== 200) throw new Error(`${name} answered ${status}: ${JSON.stringify(data)}`);
    const { promises, tasks } = data as { promises?: unknown[]; tasks?: unknown[] };
    found = (promises ?? tasks ?? []).length;
    if (run >= 0) times.push(elapsedMs);
  }
  times.sort((a, b) => a - b);
  return {
    database,
    search: name,
    found,
    minMs: times[0] ?? 0,
    p50Ms: times[times.length >> 1] ?? 0,
    maxMs: times.at(-1) ?? 0,
  };
}

function line({ database, search, found, minMs, p50Ms, maxMs }: Timing): string {
  const mark = p50Ms > LIMIT_MS ? '*' : ' ';
  const ms = (value: number) => `${value.toFixed(1).padStart(8)} ms`;
  const cells = [`min ${ms(minMs)}`, `p50 ${ms(p50Ms)}${mark}`, `max ${ms(maxMs)}`];
  return `${database.padEnd(9)} ${search.padEnd(48)} ${String(found).padStart(3)} found  ${cells.join('  ')}`;
}

function storeOn(dialect: ConstructorParameters<typeof Store>[0]['dialect']): Store {
  return new Store({
    dialect,
    processId: 'bench',
    retryTimeoutMs: 30_000,
    serverUrl: () => 'http://127.0.0.1',
    clock: Date.now,
    limits: { maxItems: 1, maxWeight: 1, maxInFlight: 1, maxWaiting: 1, maxWaitingWeight: 1 },
  });
}
