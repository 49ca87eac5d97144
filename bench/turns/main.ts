/**
 * `npm run bench:turns -- --against OTHER`: compares this version with another checkout or with a peer. Two servers run at
 * the same time. The load alternates between them in short turns, so a change of the machine's speed affects both. Each round
 * starts both again, because two processes of the same version differ: measured in 40 turns each, by -11 to +5 %.
 */
import { parseArgs } from 'node:util';
import { cpuMs } from '../cpu.ts';
import type { Scenario } from '../load/scenario.ts';
import { median } from '../median.ts';
import { fine, headOf, lineOf, whole, type Column } from '../report/text.ts';
import { STORAGES, storagesNamed } from '../targets/index.ts';
import { serverOn } from '../targets/server.ts';
import type { Storage } from '../targets/storage.ts';
import type { RunningTarget, Target } from '../targets/target.ts';
import { wholeNumber } from '../whole-number.ts';
import { openLoad, type Load } from './load.ts';
import { otherNamed, type Other } from './other.ts';
import { MIN_PAIRS, pairedRatio } from './paired-ratio.ts';
import { workNamed, WORKS } from './works.ts';

const USAGE = `npm run bench:turns -- --against DIRECTORY|restate|dbos [options]
  --against DIRECTORY  a checkout of another version, after its own npm ci
  --against PEER       restate or dbos, which run only workflows
  --stores NAME,...    of: ${STORAGES.map(({ name }) => name).join(', ')} [sqlite,postgres]
  --works NAME,...     [create,task.create+fulfill], of:
                       ${WORKS.map(({ name }) => name).join('\n                       ')}
  --callers N,N,...    numbers of concurrent callers [1,64]
  --rounds N           both servers are started anew for each round, at least ${MIN_PAIRS} [12]
  --turns N            turns of each version in a round [4]
  --turn-ms N          duration of a turn [750]
  --help`;
const WARM_UP_MS = 2_000;

/** What one of the two did in a turn, or the medians of its turns in one round. */
interface Measured {
  rate: number;
  p50Ms: number;
  /** CPU time per round: of the server, of its database if that has processes of its own, and of what sends the load. */
  serverUs: number;
  databaseUs: number;
  loadUs: number;
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
  { title: 'work', width: -39, cell: ({ work }) => work.name },
  { title: 'callers', width: 7, cell: ({ callers }) => String(callers) },
  { title: 'rounds/s', width: 16, cell: (line) => both(({ rate }) => rate, line, whole) },
  { title: 'times', width: 16, cell: (line) => times(({ rate }) => rate, line) },
  { title: 'p50 ms', width: 14, cell: (line) => both(({ p50Ms }) => p50Ms, line, fine) },
  { title: 'times', width: 16, cell: (line) => times(({ p50Ms }) => p50Ms, line) },
  { title: 'server us', width: 16, cell: (line) => both(({ serverUs }) => serverUs, line, whole) },
  { title: 'times', width: 16, cell: (line) => times(({ serverUs }) => serverUs, line) },
  { title: 'database us', width: 16, cell: (line) => both(({ databaseUs }) => databaseUs, line, whole) },
  { title: 'times', width: 16, cell: (line) => times(({ databaseUs }) => databaseUs, line) },
  { title: 'load us', width: 16, cell: (line) => both(({ loadUs }) => loadUs, line, whole) },
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
  const other = otherNamed(values.against);
  const stores = storagesNamed('--stores', values.stores, STORAGES);
  const plan: Plan = {
    works: values.works.split(',').map(workNamed),
    callers: values.callers.split(',').map((count) => wholeNumber('--callers', count)),
    rounds: wholeNumber('--rounds', values.rounds, MIN_PAIRS),
    turns: wholeNumber('--turns', values.turns),
    turnMs: wholeNumber('--turn-ms', values['turn-ms']),
  };
  plan.works.forEach((work) => other.workOf(work));
  console.log(`medians of ${plan.rounds} rounds: ${values.against} -> this checkout\n\n${headOf(COLUMNS)}`);
  for (const store of stores) await compare(store, other, plan);
}

async function compare(storage: Storage, other: Other, plan: Plan): Promise<void> {
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

/** Starts both servers and measures all lines on them. */
async function runRound(storage: Storage, other: Other, lines: Line[], round: number, plan: Plan): Promise<void> {
  const running: RunningTarget[] = [];
  const start = async (target: Target) => {
    const started = await target.start();
    running.unshift(started);
    return started;
  };
  try {
    const targets = { before: other.on(storage), now: serverOn(storage, 'single') };
    // The order of the starts changes, so that neither always has the same place.
    const first = round % 2 === 0 ? await start(targets.before) : undefined;
    const now = await start(targets.now);
    const servers = { before: first ?? (await start(targets.before)), now };
    for (const line of lines) line.measured.push(await measureLine(servers, other, line, plan));
  } finally {
    for (const target of running) await target.stop();
  }
}

async function measureLine(
  { before, now }: Pair<RunningTarget>,
  other: Other,
  { work, callers }: Line,
  plan: Plan,
): Promise<Pair<Measured>> {
  const ofBefore = await open('before', before, other.workOf(work), callers);
  try {
    const ofNow = await open('now', now, work, callers);
    try {
      return await takeTurns({ before: ofBefore, now: ofNow }, plan);
    } finally {
      await ofNow.load.close();
    }
  } finally {
    await ofBefore.load.close();
  }
}

/** A scenario that is open on a server. */
interface Opened {
  load: Load;
  pids: RunningTarget['pids'];
}

async function open(side: string, { url, pids }: RunningTarget, work: Scenario, callers: number): Promise<Opened> {
  const run = `${side}-${work.name.replaceAll(/[^\w.+-]+/g, '-')}-${callers}`;
  return { load: await openLoad({ scenario: work.name, url, callers, run, warmUpMs: WARM_UP_MS }), pids };
}

async function takeTurns(opened: Pair<Opened>, plan: Plan): Promise<Pair<Measured>> {
  const turns: Pair<Measured[]> = { before: [], now: [] };
  for (let turn = 0; turn < plan.turns; turn++) {
    const order = turn % 2 === 0 ? (['before', 'now'] as const) : (['now', 'before'] as const);
    for (const which of order) turns[which].push(await measure(opened[which], plan.turnMs));
  }
  return { before: medians(turns.before), now: medians(turns.now) };
}

async function measure({ load, pids }: Opened, ms: number): Promise<Measured> {
  const serverCpu = () => cpuMs(pids.server) ?? 0;
  const databaseCpu = () => cpuMs(pids.database) ?? 0;
  const [serverBefore, databaseBefore] = [serverCpu(), databaseCpu()];
  const turn = await load.turn(ms);
  const each = (total: number) => (total / turn.rounds) * 1_000;
  return {
    rate: (turn.rounds / turn.elapsedMs) * 1_000,
    p50Ms: turn.p50Ms,
    serverUs: each(serverCpu() - serverBefore),
    databaseUs: each(databaseCpu() - databaseBefore),
    loadUs: each(turn.cpuMs),
  };
}

function medians(turns: readonly Measured[]): Measured {
  const of = (pick: Pick) => median(turns.map(pick));
  return {
    rate: of(({ rate }) => rate),
    p50Ms: of(({ p50Ms }) => p50Ms),
    serverUs: of(({ serverUs }) => serverUs),
    databaseUs: of(({ databaseUs }) => databaseUs),
    loadUs: of(({ loadUs }) => loadUs),
  };
}
