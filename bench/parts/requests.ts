import { fill } from '../search/fill.ts';
import { openDialect } from '@resonate/store';
import { INVOCATIONS, REQUESTS } from '../load/scenarios/index.ts';
import { measure, type Work } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import { toRow } from '../report/row.ts';
import { ceiling, insertCeiling } from '../targets/ceiling.ts';
import { postgres } from '../targets/databases.ts';
import { serverOn, serverOnFilled } from '../targets/server.ts';
import { sqlite } from '../targets/sqlite.ts';
import type { Database, Storage } from '../targets/storage.ts';
import type { Target } from '../targets/target.ts';
import { closed, isWanted, type Step } from './part.ts';

/** The maximum number of running invocations in an open loop. */
const MOST_UNDER_WAY = 512;
const CALLERS_WITH_OLD = 64;
/** Storages that the bare insert server supports. */
const WITH_CEILING = new Set([sqlite.name, postgres.name]);

export function step(target: Target, work: Work): Step {
  const { scenario, callers, perSecond } = work;
  const load = perSecond === undefined ? `${callers} callers` : `${perSecond}/s`;
  return {
    name: `${target.name}, ${scenario}, ${load}`,
    run: async () => ({ rows: [toRow(await measure(target, work))] }),
  };
}

/**
 * The same load against servers that do nothing, or only insert a row. These rows are an upper limit for the measured
 * ones.
 */
export function ceilingSteps(options: BenchOptions, storages: readonly Storage[]): Step[] {
  if (!REQUESTS.some(({ name }) => isWanted(options, 'requests', name))) return [];
  const inserting = storages.filter(({ name }) => WITH_CEILING.has(name)).map(insertCeiling);
  return [ceiling, ...inserting].flatMap((target) =>
    options.callers.map((callers) => step(target, closed(options, 'create', callers))),
  );
}

/** Requests and invocations on one storage, in each shape. */
export function requestSteps(options: BenchOptions, storage: Storage): Step[] {
  const requests = REQUESTS.filter(({ name }) => isWanted(options, 'requests', name));
  const invocations = INVOCATIONS.filter(({ name }) => isWanted(options, 'invocations', name));
  return targetsOn(options, storage).flatMap((target) => {
    const loops = (name: string) => options.callers.map((callers) => step(target, closed(options, name, callers)));
    const openLoops = (name: string) =>
      options.rates.map((perSecond) => step(target, { ...closed(options, name, MOST_UNDER_WAY), perSecond }));
    return [
      ...requests.flatMap(({ name }) => loops(name)),
      ...invocations.flatMap(({ name }) => [...loops(name), ...openLoops(name)]),
    ];
  });
}

/** The server in each selected shape that the storage supports. */
export function targetsOn({ shapes }: BenchOptions, storage: Storage): Target[] {
  return shapes
    .filter((shape) => shape === 'single' || storage.clusterEnv !== undefined)
    .map((shape) => serverOn(storage, shape));
}

/** Requests on tables with many old promises. */
export function oldPromisesSteps(options: BenchOptions, storage: Storage): Step[] {
  if (!isWanted(options, 'old promises') || (options.quick && !options.only)) return [];
  const filled = serverOnFilled(storage, `${short(options.old)} old`, (database) => fillWith(database, options.old));
  const steps = REQUESTS.map(({ name }) => step(filled, closed(options, name, CALLERS_WITH_OLD)));
  const done: Step = { name: `${filled.name}, end`, run: async () => (await filled.close?.(), {}) };
  return [...steps, done];
}

async function fillWith(database: Database, count: number): Promise<void> {
  const dialect = await openDialect(database.target, Date.now);
  try {
    await fill(dialect, count);
  } finally {
    await dialect.close();
  }
  await database.settle();
}

const short = (count: number) => new Intl.NumberFormat('en-US', { notation: 'compact' }).format(count);
