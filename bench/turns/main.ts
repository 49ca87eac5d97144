/**
 * `npm run bench:turns -- --against DIRECTORY`: compares this version with another checkout. Two servers run at the same
 * time, and the load goes to one and to the other, in short turns, so both meet the same speed of the machine. Both are
 * started anew for each round: two processes of the same version, measured in 40 turns each, differed by -11 to +5 %.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RESONATE, ServerProcess } from '../../test/processes/server-process.ts';
import { cpuMs } from '../cpu.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { idSource } from '../load/ids.ts';
import type { OpenScenario, Scenario } from '../load/scenario.ts';
import { SCENARIOS } from '../load/scenarios/index.ts';
import { median } from '../median.ts';
import { fine, headOf, lineOf, whole, type Column } from '../report/text.ts';
import { STORAGES, storagesNamed } from '../targets/index.ts';
import type { Storage } from '../targets/storage.ts';
import { wholeNumber } from '../whole-number.ts';
import { MIN_PAIRS, pairedRatio } from './paired-ratio.ts';

const USAGE = `npm run bench:turns -- --against DIRECTORY [options]
  --against DIRECTORY  a checkout of the other version, after its own npm ci
  --stores NAME,...    of: ${STORAGES.map(({ name }) => name).join(', ')} [sqlite,postgres]
  --works NAME,...     of: ${SCENARIOS.map(({ name }) => name).join(', ')}
                       [create,task.create+fulfill]
  --callers N,N,...    numbers of concurrent callers [1,64]
  --rounds N           both servers are started anew for each round, at least ${MIN_PAIRS} [12]
  --turns N            turns of each version in a round [4]
  --turn-ms N          duration of a turn [750]
  --help`;
const WARM_UP_MS = 2_000;

/** A running server of one version. */
interface Server {
  url: string;
  /** CPU time so far, ms. */
  cpu(): number;
  /** The same of its database, which may have processes of its own. */
  databaseCpu(): number;
}

/** What a version did in one turn, or the medians of its turns in one round. */
interface Measured {
  rate: number;
  p50Ms: number;
  cpuUs: number;
  databaseUs: number;
}

interface Pair<T> {
  before: T;
  now: T;
}

/** What is measured on each store. */
interface Plan {
  works: readonly Scenario[];
  callers: readonly number[];
  rounds: number;
  turns: number;
  turnMs: number;
}

interface Line {
  store: string;
  work: Scenario;
  callers: number;
  /** One for each round. */
  measured: Pair<Measured>[];
}

type Pick = (measured: Measured) => number;

const both = (pick: Pick, { measured }: Line, show: typeof fine) =>
  `${show(median(measured.map(({ before }) => pick(before))))} -> ${show(median(measured.map(({ now }) => pick(now))))}`;
/** `0.98 (0.96-1.01)`: the interval contains the ratio with 95 % confidence. */
const times = (pick: Pick, { measured }: Line) => {
  const before = measured.map((round) => pick(round.before));
  const { ratio, low, high } = pairedRatio(
    before,
    measured.map(({ now }) => pick(now)),
  );
  if (!Number.isFinite(ratio)) return '-';
  return `${ratio.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
};

const COLUMNS: readonly Column<Line>[] = [
  { title: 'store', width: -10, cell: ({ store }) => store },
  { title: 'work', width: -22, cell: ({ work }) => work.name },
  { title: 'callers', width: 7, cell: ({ callers }) => String(callers) },
  { title: 'rounds/s', width: 16, cell: (line) => both(({ rate }) => rate, line, whole) },
  { title: 'times', width: 16, cell: (line) => times(({ rate }) => rate, line) },
  { title: 'p50 ms', width: 14, cell: (line) => both(({ p50Ms }) => p50Ms, line, fine) },
  { title: 'CPU us/round', width: 14, cell: (line) => both(({ cpuUs }) => cpuUs, line, whole) },
  { title: 'times', width: 16, cell: (line) => times(({ cpuUs }) => cpuUs, line) },
  { title: 'database us', width: 14, cell: (line) => both(({ databaseUs }) => databaseUs, line, whole) },
  { title: 'times', width: 16, cell: (line) => times(({ databaseUs }) => databaseUs, line) },
];

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    stores: { type: 'string', default: 'sqlite,postgres' },
    works: { type: 'string', default: 'create,task.create+fulfill' },
    callers: { type: 'string', default: '1,64' },
    rounds: { type: 'string', default: '12' },
    turns: { type: 'string', default: '4' },
    'turn-ms': { type: 'string', default: '750' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const other = otherVersion(values.against);
  const stores = storagesNamed('--stores', values.stores, STORAGES);
  const plan: Plan = {
    works: values.works.split(',').map(scenarioNamed),
    callers: values.callers.split(',').map((count) => wholeNumber('--callers', count)),
    rounds: wholeNumber('--rounds', values.rounds, MIN_PAIRS),
    turns: wholeNumber('--turns', values.turns),
    turnMs: wholeNumber('--turn-ms', values['turn-ms']),
  };
  console.log(`medians of ${plan.rounds} rounds: ${values.against} -> this checkout\n\n${headOf(COLUMNS)}`);
  for (const store of stores) await compare(store, other, plan);
}

/** @returns the `resonate` command of the other checkout. */
function otherVersion(directory: string | undefined): string {
  if (directory === undefined) throw new Error('--against: the directory of another checkout is missing');
  const command = join(resolve(directory), 'apps/cli/bin/resonate');
  if (!existsSync(command)) throw new Error(`--against: there is no ${command}`);
  return command;
}

function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`--works: no "${name}"; there are ${SCENARIOS.map((one) => one.name).join(', ')}`);
  return found;
}

async function compare(storage: Storage, other: string, plan: Plan): Promise<void> {
  const lines = plan.works.flatMap((work) =>
    plan.callers.map((callers): Line => ({ store: storage.name, work, callers, measured: [] })),
  );
  try {
    for (let round = 0; round < plan.rounds; round++) await runRound(storage, other, lines, round, plan);
    for (const line of lines) console.log(lineOf(COLUMNS, line));
  } finally {
    await storage.close?.();
  }
}

/** Starts a server of each version and measures all lines on them. */
async function runRound(storage: Storage, other: string, lines: Line[], round: number, plan: Plan): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  const start = async (binary: string): Promise<Server> => {
    const database = await storage.create();
    stops.unshift(() => database.drop());
    const server = await ServerProcess.start({ storage: [], env: database.env, binary });
    stops.unshift(() => server.dispose());
    return {
      url: server.url,
      cpu: () => cpuMs([server.pid]) ?? 0,
      databaseCpu: () => cpuMs(database.pids()) ?? 0,
    };
  };
  try {
    const binaries = [other, RESONATE];
    // The order of the starts changes, so that neither version always has the same place.
    if (round % 2 === 1) binaries.reverse();
    const servers = [await start(binaries[0] ?? other), await start(binaries[1] ?? other)] as const;
    const [before, now] = round % 2 === 0 ? servers : [servers[1], servers[0]];
    for (const line of lines) line.measured.push(await takeTurns({ before, now }, line, plan));
  } finally {
    for (const stop of stops) await stop();
  }
}

async function takeTurns(servers: Pair<Server>, { work, callers }: Line, plan: Plan): Promise<Pair<Measured>> {
  const before = await open('old', servers.before, work, callers);
  const now = await open('new', servers.now, work, callers);
  const turns: Pair<Measured[]> = { before: [], now: [] };
  for (const { scenario } of [before, now]) await closedLoop(scenario.rounds, WARM_UP_MS);
  for (let turn = 0; turn < plan.turns; turn++) {
    const order = turn % 2 === 0 ? (['before', 'now'] as const) : (['now', 'before'] as const);
    for (const which of order) turns[which].push(await measure(which === 'now' ? now : before, plan.turnMs));
  }
  for (const { scenario } of [before, now]) await scenario.close();
  return { before: medians(turns.before), now: medians(turns.now) };
}

async function open(name: string, server: Server, work: Scenario, callers: number) {
  const run = `${name}-${work.name}-${callers}`;
  return { scenario: await work.open({ url: server.url, callers, run, nextId: idSource('counted', run) }), server };
}

async function measure(
  { scenario, server: { cpu, databaseCpu } }: { scenario: OpenScenario; server: Server },
  ms: number,
): Promise<Measured> {
  const cpuBefore = cpu();
  const databaseBefore = databaseCpu();
  const { latencies, elapsedMs } = await closedLoop(scenario.rounds, ms);
  const { count, p50 } = latencies.summary();
  return {
    rate: (count / elapsedMs) * 1_000,
    p50Ms: p50,
    cpuUs: ((cpu() - cpuBefore) / count) * 1_000,
    databaseUs: ((databaseCpu() - databaseBefore) / count) * 1_000,
  };
}

function medians(turns: readonly Measured[]): Measured {
  const of = (pick: Pick) => median(turns.map(pick));
  return {
    rate: of(({ rate }) => rate),
    p50Ms: of(({ p50Ms }) => p50Ms),
    cpuUs: of(({ cpuUs }) => cpuUs),
    databaseUs: of(({ databaseUs }) => databaseUs),
  };
}
