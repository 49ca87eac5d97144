import type { RuntimeWith } from '@resonate/process';
import type { Duty } from './job.ts';

type Context = RuntimeWith<'config', 'upkeep'>;

/** Updates the statistics of the database. */
export function analyzeDuty({ config, store }: Context): Duty {
  return {
    name: 'analyze',
    when: { everyMs: config.maintenance.intervalMs },
    run: async () => ({ tables: await store.upkeep.analyze() }),
  };
}

/** Rebuilds indexes that are far larger than their rows need, on databases where that helps. */
export function reindexDuty({ config, store }: Context): Duty {
  return {
    name: 'reindex',
    when: { everyMs: config.maintenance.intervalMs },
    run: async (signal) => ({ indexes: (await store.upkeep.reindex(signal)) ?? 0 }),
  };
}
