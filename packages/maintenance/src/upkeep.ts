import type { Runtime } from '@resonate/process';
import type { Duty } from './job.ts';

type Context = Pick<Runtime, 'config' | 'store'>;

/** Renews the statistics of the database. */
export function analyzeDuty({ config, store }: Context): Duty {
  return {
    name: 'analyze',
    when: { everyMs: config.maintenance.intervalMs },
    run: async () => ({ tables: await store.analyze() }),
  };
}

/** Rebuilds indexes that have grown far beyond what their rows need, where the database has use for it. */
export function reindexDuty({ config, store }: Context): Duty {
  return {
    name: 'reindex',
    when: { everyMs: config.maintenance.intervalMs },
    run: async (signal) => ({ indexes: (await store.reindex(signal)) ?? 0 }),
  };
}
