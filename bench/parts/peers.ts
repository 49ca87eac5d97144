import type { BenchOptions } from '../options.ts';
import { dbos, restate } from '../peers/targets.ts';
import { whyNoPython } from '../peers/python.ts';
import { scenarioName, STEP_COUNTS, workName, type SdkName } from '../peers/workflows/names.ts';
import { postgres } from '../targets/databases.ts';
import { serverOn } from '../targets/server.ts';
import { sqlite } from '../targets/sqlite.ts';
import type { Storage } from '../targets/storage.ts';
import type { Target } from '../targets/target.ts';
import { closed, isWanted, type Found, type Step } from './part.ts';
import { step } from './requests.ts';

const CALLERS = [1, 32];
/** Longer workflows are measured with one caller only, because they are meant to show the cost of a step. */
const MAX_STEPS_WITH_MANY_CALLERS = 10;
/** The number of steps in the quick run. */
const QUICK_STEPS = 3;

interface Peer {
  sdk: SdkName;
  target: Target;
  /** The store of this server; absent for other systems. */
  store?: string;
  /** Returns why this cannot be measured on this machine. It is printed instead of the row. */
  missing?(): Promise<string | undefined>;
}

const PEERS: readonly Peer[] = [
  ...resonateOn(sqlite),
  { sdk: 'restate', target: restate },
  ...resonateOn(postgres),
  { sdk: 'dbos', target: dbos },
];

function resonateOn(storage: Storage): Peer[] {
  const on = serverOn(storage, 'single');
  const store = storage.name;
  const missing = whyNoPython;
  return [
    { sdk: 'resonate', store, target: on },
    { sdk: 'resonate websocket', store, target: renamed(on, `${store} websocket`) },
    { sdk: 'resonate rpc', store, target: renamed(on, `${store} rpc`) },
    { sdk: 'resonate python', store, target: renamed(on, `${store} python`), missing },
    { sdk: 'resonate python websocket', store, target: renamed(on, `${store} python websocket`), missing },
  ];
}

/** Runs the same workflow with the SDK of each system. Here a request is a workflow, so CPU times are per workflow. */
export function peerSteps(options: BenchOptions): Step[] {
  return STEP_COUNTS.filter((steps) => {
    if (!isWanted(options, 'SDK workflows', workName(steps))) return false;
    return steps === QUICK_STEPS || !options.quick || (options.only?.includes(workName(steps)) ?? false);
  }).flatMap((steps) =>
    PEERS.filter((peer) => isSelected(peer, options)).flatMap(({ sdk, target, missing }) =>
      CALLERS.filter((callers) => callers === 1 || steps <= MAX_STEPS_WITH_MANY_CALLERS).map((callers) => {
        const measured = step(target, { ...closed(options, scenarioName(sdk, steps), callers), work: workName(steps) });
        return missing ? unless(missing, measured) : measured;
      }),
    ),
  );
}

function isSelected({ sdk, store }: Peer, { sdks, stores }: BenchOptions): boolean {
  return (sdks === undefined || sdks.includes(sdk)) && (store === undefined || stores.includes(store));
}

/** If a row cannot be measured here, prints the reason instead. The run does not fail. */
function unless(missing: () => Promise<string | undefined>, { name, run }: Step): Step {
  return {
    name,
    async run(): Promise<Found> {
      const reason = await missing();
      return reason === undefined ? run() : { notes: [`${name}: left out: ${reason}`] };
    },
  };
}

function renamed(target: Target, name: string): Target {
  return { ...target, name };
}
