import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Scenario } from '../load/scenario.ts';
import { dbos, restate } from '../peers/targets.ts';
import { WORKFLOWS } from '../peers/workflows/index.ts';
import { versionOn } from '../targets/server.ts';
import type { Storage } from '../targets/storage.ts';
import type { Target } from '../targets/target.ts';

/** What this version is compared with. */
export interface Other {
  on(storage: Storage): Target;
  /** The scenario of the other side that corresponds to `work`. @throws if there is none. */
  workOf(work: Scenario): Scenario;
}

export const PEERS: Readonly<Record<string, Target>> = { restate, dbos };

/** @param name of a peer, or the directory of a checkout. */
export function otherNamed(name: string | undefined): Other {
  if (name === undefined) throw new Error('--against: name the directory of another checkout, restate or dbos');
  const peer = PEERS[name];
  if (peer) return { on: () => peer, workOf: (work) => sameFor(name, work) };
  const command = join(resolve(name), 'apps/cli/bin/resonate');
  if (!existsSync(command)) throw new Error(`--against: there is no ${command}`);
  return { on: (storage) => versionOn(storage, command), workOf: (work) => work };
}

/** The workflow of the same length with the peer's SDK. */
function sameFor(peer: string, { name }: Scenario): Scenario {
  const steps = name.slice(name.indexOf(': ') + 2);
  const found = WORKFLOWS.find((workflow) => workflow.name === `${peer}: ${steps}`);
  if (!found) throw new Error(`--works: ${peer} runs only workflows, not "${name}"`);
  return found;
}
