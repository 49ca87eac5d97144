import type { Runtime } from '@resonate/process';
import type { Sweep } from '@resonate/store';
import type { Duty } from './job.ts';
import { rest, untilQuiet } from './pace.ts';
import { retentionRules } from './rules.ts';

/** Of the time that deleting takes, so much more belongs to requests: a fifth of one connection at most. */
const REST = 4;
const MIN_PAUSE_MS = 20;
/** Counting costs what is counted. */
const MAX_COUNTED = 10_000;
const COUNT_EVERY_MS = 5_000;

type Context = Pick<Runtime, 'config' | 'logger' | 'metrics' | 'store'>;

/**
 * Deletes what has been settled for long enough, a little at a time. It also runs when nothing is to be deleted: what was
 * begun before the options changed is brought to its end.
 */
export function retentionDuty(context: Context): Duty {
  const { config, logger, metrics, store } = context;
  return {
    name: 'retention',
    when: { everyMs: config.retention.intervalMs },
    async run(signal) {
      if (config.debug && (await store.isPaused())) return {};
      const sweep = await store.sweep({ rules: retentionRules(config), batchSize: config.retention.batchSize });
      const kept = new Map<string, number>();
      let [promises, graphs, countAt] = [0, 0, 0];
      while (!sweep.isDone && !signal.aborted) {
        await untilQuiet(store, signal);
        const startedAt = performance.now();
        if (startedAt >= countAt) {
          metrics.retentionBacklog.set(await sweep.ahead(MAX_COUNTED));
          countAt = startedAt + COUNT_EVERY_MS;
        }
        const outcome = await sweep.step();
        promises += outcome.promises;
        graphs += outcome.graphs;
        metrics.retentionDeleted.inc(outcome.promises);
        for (const [reason, count] of Object.entries(outcome.kept)) kept.set(reason, (kept.get(reason) ?? 0) + count);
        await rest(Math.max(MIN_PAUSE_MS, REST * (performance.now() - startedAt)), signal);
      }
      if (promises > 0) logger.info('call graphs were deleted', { graphs, promises, kept: Object.fromEntries(kept) });
      if (!signal.aborted) await finished(context, sweep, kept);
      return { graphs, promises };
    },
  };
}

async function finished({ metrics, store }: Context, sweep: Sweep, kept: ReadonlyMap<string, number>): Promise<void> {
  metrics.retentionKept.reset();
  for (const [reason, count] of kept) metrics.retentionKept.set({ reason }, count);
  metrics.retentionBacklog.set(await sweep.ahead(MAX_COUNTED));
  metrics.retentionLastRun.set((await store.now()) / 1000);
}
