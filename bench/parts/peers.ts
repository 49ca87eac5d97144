import type { BenchOptions } from '../options.ts';
import { dbos, restate } from '../peers/targets.ts';
import { scenarioName, STEP_COUNTS, workName, type SdkName } from '../peers/workflows/names.ts';
import { postgres } from '../targets/databases.ts';
import { serverOn } from '../targets/server.ts';
import { sqlite } from '../targets/sqlite.ts';
import type { Target } from '../targets/target.ts';
import { closed, isWanted, type Step } from './part.ts';
import { step } from './requests.ts';

const CALLERS = [1, 32];
/** Longer workflows are measured with one caller: what they show is what a step costs in them. */
const MOST_STEPS_OF_MANY = 10;
/** The quick run measures this one. */
const USUAL_STEPS = 3;

const PEERS: readonly { sdk: SdkName; target: Target }[] = [
  { sdk: 'resonate', target: serverOn(sqlite, 'single') },
  { sdk: 'resonate websocket', target: renamed(serverOn(sqlite, 'single'), 'sqlite websocket') },
  { sdk: 'resonate rpc', target: renamed(serverOn(sqlite, 'single'), 'sqlite rpc') },
  { sdk: 'restate', target: restate },
  { sdk: 'resonate', target: serverOn(postgres, 'single') },
  { sdk: 'resonate websocket', target: renamed(serverOn(postgres, 'single'), 'postgres websocket') },
  { sdk: 'resonate rpc', target: renamed(serverOn(postgres, 'single'), 'postgres rpc') },
  { sdk: 'dbos', target: dbos },
];

/** The same workflow through each one's own SDK. A request is a workflow here: CPU is told for each of them. */
export function peerSteps(options: BenchOptions): Step[] {
  return STEP_COUNTS.filter((steps) => {
    if (!isWanted(options, 'SDK workflows', workName(steps))) return false;
    return steps === USUAL_STEPS || !options.quick || (options.only?.includes(workName(steps)) ?? false);
  }).flatMap((steps) =>
    PEERS.flatMap(({ sdk, target }) =>
      CALLERS.filter((callers) => callers === 1 || steps <= MOST_STEPS_OF_MANY).map((callers) =>
        step(target, { ...closed(options, scenarioName(sdk, steps), callers), work: workName(steps) }),
      ),
    ),
  );
}

function renamed(target: Target, name: string): Target {
  return { ...target, name };
}
