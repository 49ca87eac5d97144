import type { Scenario } from '../load/scenario.ts';
import { SCENARIOS } from '../load/scenarios/index.ts';
import { WORKFLOWS } from '../peers/workflows/index.ts';
import { PEERS } from './other.ts';

/** What this server can do: requests, invocations, and workflows through its SDKs. */
export const WORKS: readonly Scenario[] = [
  ...SCENARIOS,
  ...WORKFLOWS.filter(({ name }) => !Object.keys(PEERS).some((peer) => name.startsWith(`${peer}: `))),
];

export function workNamed(name: string): Scenario {
  const found = WORKS.find((work) => work.name === name);
  if (!found) throw new Error(`--works: no "${name}"; there are ${WORKS.map((one) => one.name).join(', ')}`);
  return found;
}
