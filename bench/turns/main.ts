/**
 * `npm run bench:turns -- --against DIRECTORY`: compares this version with another checkout. Two servers run at the same
 * time, and the load goes to one and to the other, in short turns. So both meet the same speed of the machine: where that
 * changes from minute to minute, two runs of `npm run bench` differed by 40 %, and turns in most rows by less than 10 %.
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

const USAGE = `npm run bench:turns -- --against DIRECTORY [options]
  --against DIRECTORY  a checkout of the other version, after its own npm ci
  --stores NAME,...    of: ${STORAGES.map(({ name }) => name).join(', ')} [sqlite,postgres]
  --works NAME,...     of: ${SCENARIOS.map(({ name }) => name).join(', ')}
                       [create,task.create+fulfill]
  --callers N,N,...    numbers of concurrent callers [1,64]
  --turns N            turns of each version [10]
  --turn-ms N          duration of a turn [1500]
  --help`;
const WARM_UP_MS = 3_000;

/** One version of the server, with the results of its turns. */
interface Version {
  scenario: OpenScenario;
  /** CPU time of server and database so far, ms. */
  cpu(): number;
  turns: { rate: number; p50Ms: number; cpuUs: number }[];
}

/** What is measured on each store. */
interface Plan {
  works: readonly Scenario[];
  callers: readonly number[];
  turns: number;
  turnMs: number;
}

interface Line {
  store: string;
  work: string;
  callers: number;
  before: Version;
  now: Version;
}

const of = (pick: (turn: Version['turns'][number]) => number, { turns }: Version) => median(turns.map(pick));
const both = (pick: (turn: Version['turns'][number]) => number, { before, now }: Line, show: typeof fine) =>
  `${show(of(pick, before))} -> ${show(of(pick, now))} ${(of(pick, now) / of(pick, before)).toFixed(2)}x`;

const COLUMNS: readonly Column<Line>[] = [
  { title: 'store', width: -10, cell: ({ store }) => store },
  { title: 'work', width: -22, cell: ({ work }) => work },
  { title: 'callers', width: 7, cell: ({ callers }) => String(callers) },
  { title: 'rounds/s', width: 24, cell: (line) => both(({ rate }) => rate, line, whole) },
  { title: 'p50 ms', width: 22, cell: (line) => both(({ p50Ms }) => p50Ms, line, fine) },
  { title: 'CPU us/round', width: 24, cell: (line) => both(({ cpuUs }) => cpuUs, line, whole) },
];

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    stores: { type: 'string', default: 'sqlite,postgres' },
    works: { type: 'string', default: 'create,task.create+fulfill' },
    callers: { type: 'string', default: '1,64' },
    turns: { type: 'string', default: '10' },
    'turn-ms': { type: 'string', default: '1500' },
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
    turns: wholeNumber('--turns', values.turns),
    turnMs: wholeNumber('--turn-ms', values['turn-ms']),
  };
  console.log(`medians of ${plan.turns} turns: ${values.against} -> this checkout\n\n${headOf(COLUMNS)}`);
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
  const stops: (() => Promise<void>)[] = [];
  const start = async (binary: string) => {
    const database = await storage.create();
    stops.unshift(() => database.drop());
    const server = await ServerProcess.start({ storage: [], env: database.env, binary });
    stops.unshift(() => server.dispose());
    return { url: server.url, cpu: () => cpuMs([server.pid]) ?? 0 };
  };
  try {
    const [before, now] = [await start(other), await start(RESONATE)];
    for (const work of plan.works) {
      for (const count of plan.callers) {
        const versions = [await open('before', before, work, count), await open('now', now, work, count)] as const;
        await takeTurns(versions, plan);
        console.log(
          lineOf(COLUMNS, {
            store: storage.name,
            work: work.name,
            callers: count,
            before: versions[0],
            now: versions[1],
          }),
        );
        for (const { scenario } of versions) await scenario.close();
      }
    }
  } finally {
    for (const stop of stops) await stop();
    await storage.close?.();
  }
}

async function open(
  name: string,
  { url, cpu }: { url: string; cpu: () => number },
  work: Scenario,
  callers: number,
): Promise<Version> {
  const run = `${name}-${work.name}-${callers}`;
  return { scenario: await work.open({ url, callers, run, nextId: idSource('counted', run) }), cpu, turns: [] };
}

async function takeTurns(versions: readonly Version[], { turns, turnMs }: Plan): Promise<void> {
  for (const { scenario } of versions) await closedLoop(scenario.rounds, WARM_UP_MS);
  for (let turn = 0; turn < turns; turn++) {
    // The one that begins changes, so that neither always runs after the other.
    for (const version of turn % 2 === 0 ? versions : versions.toReversed()) {
      const cpuBefore = version.cpu();
      const { latencies, elapsedMs } = await closedLoop(version.scenario.rounds, turnMs);
      const { count, p50 } = latencies.summary();
      version.turns.push({
        rate: (count / elapsedMs) * 1_000,
        p50Ms: p50,
        cpuUs: ((version.cpu() - cpuBefore) / count) * 1_000,
      });
    }
  }
}
