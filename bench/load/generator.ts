import { WORKFLOWS } from '../peers/workflows/index.ts';
import type { OpenScenario, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** What the processes that generate load have in common. @throws if there is no such scenario. */
export function scenarioNamed(name: string): Scenario {
  const found = [...SCENARIOS, ...WORKFLOWS].find((scenario) => scenario.name === name);
  if (!found) throw new Error(`there is no scenario ${name}`);
  return found;
}

/** The CPU time that this process and the scenario's further ones have used so far, ms. */
export function loadCpuMs({ cpuMs }: OpenScenario): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + (cpuMs?.() ?? 0);
}
