import { setTimeout as pause } from 'node:timers/promises';
import type { Runtime } from '@resonate/runtime';
import type { Sweep } from '@resonate/store';
import type { Job } from './job.ts';
import { retentionRules } from './rules.ts';

/** Of the time that deleting takes, so much more belongs to requests: a fifth of one connection at most. */
const REST = 4;
const MIN_PAUSE_MS = 20;
/** More than so many requests that wait for the store: it is busy. */
const BUSY = 16;
const BUSY_PAUSE_MS = 100;
/** A store that is always busy must not grow for ever. */
const MAX_BUSY_MS = 5_000;
/** Counting costs what is counted. */
const MAX_COUNTED = 10_000;
const COUNT_EVERY_MS = 5_000;

type Context = Pick<Runtime, 'config' | 'logger' | 'metrics' | 'store'>;

/**
 * Deletes what has been settled for long enough, a little at a time. It also runs when nothing is to be deleted: what was
 * begun before the options changed is brought to its end.
 */
export function retentionJob(context: Context): Job {
  const { config, logger, metrics, store } = context;
  return {
    name: 'retention',
    everyMs: config.retention.intervalMs,
    async run(signal) {
      if (config.debug && (await store.isPaused())) return;
      const sweep = await store.sweep({ rules: retentionRules(config), batchSize: config.retention.batchSize });
      const kept = new Map<string, number>();
      let [promises, graphs, countAt] = [0, 0, 0];
      while (!sweep.isDone && !signal.aborted) {
        await untilQuiet(context, signal);
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
      if (signal.aborted) return;
      await finished(context, sweep, kept);
    },
  };
}

async function finished({ metrics, store }: Context, sweep: Sweep, kept: ReadonlyMap<string, number>): Promise<void> {
  metrics.retentionKept.reset();
  for (const [reason, count] of kept) metrics.retentionKept.set({ reason }, count);
  metrics.retentionBacklog.set(await sweep.ahead(MAX_COUNTED));
  metrics.retentionLastRun.set((await store.now()) / 1000);
}

async function untilQuiet({ store }: Context, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + MAX_BUSY_MS;
  while (store.waiting > BUSY && performance.now() < giveUpAt && !signal.aborted) await rest(BUSY_PAUSE_MS, signal);
}

/** Ends early with the signal. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
}
