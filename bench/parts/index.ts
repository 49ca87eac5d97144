import type { BenchOptions } from '../options.ts';
import { STORAGES } from '../targets/index.ts';
import type { Step } from './part.ts';
import { peerSteps } from './peers.ts';
import { programSteps } from './programs.ts';
import { ceilingSteps, oldPromisesSteps, requestSteps } from './requests.ts';
import { timerSteps } from './timers.ts';

/** All selected steps, in the order of the table. */
export function stepsOf(options: BenchOptions): Step[] {
  const storages = STORAGES.filter(({ name }) => options.stores.includes(name));
  return [
    ...ceilingSteps(options, storages),
    ...storages.flatMap((storage) => requestSteps(options, storage)),
    ...storages.flatMap((storage) => timerSteps(options, storage)),
    ...storages.flatMap((storage) => oldPromisesSteps(options, storage)),
    ...peerSteps(options),
    ...programSteps(options),
  ];
}
