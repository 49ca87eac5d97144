import type { RuntimeWith } from '@resonate/process';
import type { Sweep } from '@resonate/store';
import type { Duty } from './job.ts';
import { pause, pauseAfter, timeShareOf, untilQuiet } from './pace.ts';
import { retentionRules } from './rules.ts';

/** The backlog is counted up to this number, because counting reads every row that it counts. */
const MAX_COUNTED = 10_000;
const COUNT_EVERY_MS = 5_000;
/** How often a run measures its lag. That is one index lookup. */
const LAG_EVERY_MS = 500;

type Context = RuntimeWith<'config' | 'logger' | 'metrics', 'debug' | 'now' | 'upkeep' | 'waiting'>;

/**
 * Deletes promises that have been settled for long enough, in small steps. It speeds up while it lags, up to
 * `retention.max_percent` of the time. It also runs if the options allow no deletion, because a removal that began
 * under other options must be finished.
 */
export function retentionDuty(context: Context): Duty {
  const { config, logger, store } = context;
  /** The last complete run of this process checked everything that had settled by this time. */
  let checkedUntil = -1;
  return {
    name: 'retention',
    when: { everyMs: config.retention.intervalMs },
    async run(signal) {
      if (config.debug && (await store.debug.isPaused())) return {};
      const sweep = await store.upkeep.sweep({ rules: retentionRules(config), batchSize: config.retention.batchSize });
      const { promises, graphs, kept } = await runSweep(context, sweep, checkedUntil, signal);
      if (promises > 0) logger.info('call graphs were deleted', { graphs, promises, kept: Object.fromEntries(kept) });
      if (!signal.aborted) {
        checkedUntil = sweep.settledBy ?? -1;
        await finished(context, sweep, kept);
      }
      return { graphs, promises };
    },
  };
}

async function runSweep({ config, metrics, store }: Context, sweep: Sweep, checkedUntil: number, signal: AbortSignal) {
  const { intervalMs, maxPercent } = config.retention;
  const kept = new Map<string, number>();
  let [promises, graphs, countAt, lagAt, lagMs] = [0, 0, 0, 0, 0];
  while (!sweep.isDone && !signal.aborted) {
    const startedAt = performance.now();
    if (startedAt >= countAt) {
      metrics.retentionBacklog.set(await sweep.ahead(MAX_COUNTED));
      countAt = startedAt + COUNT_EVERY_MS;
    }
    if (startedAt >= lagAt) {
      lagMs = await sweep.lagMs(await store.now(), checkedUntil);
      metrics.retentionLag.set(lagMs / 1_000);
      lagAt = startedAt + LAG_EVERY_MS;
    }
    const outcome = await sweep.step();
    promises += outcome.promises;
    graphs += outcome.graphs;
    metrics.retentionDeleted.inc(outcome.promises);
    for (const [reason, count] of Object.entries(outcome.kept)) kept.set(reason, (kept.get(reason) ?? 0) + count);
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- `step` sets it
    if (sweep.isDone) break;
    const maxShare = maxPercent / 100;
    const share = timeShareOf(lagMs, intervalMs, maxShare);
    const pauseMs = pauseAfter(performance.now() - startedAt, share);
    await pause(pauseMs, signal);
    // Wait while the store is busy. At the largest share wait at most one more pause: on a store that is always busy
    // the lag must not grow without limit.
    await untilQuiet(store, signal, share === maxShare ? pauseMs : Infinity);
  }
  return { promises, graphs, kept };
}

async function finished({ metrics, store }: Context, sweep: Sweep, kept: ReadonlyMap<string, number>): Promise<void> {
  metrics.retentionKept.reset();
  for (const [reason, count] of kept) metrics.retentionKept.set({ reason }, count);
  metrics.retentionBacklog.set(await sweep.ahead(MAX_COUNTED));
  const now = await store.now();
  metrics.retentionLag.set((await sweep.lagMs(now, sweep.settledBy ?? -1)) / 1_000);
  metrics.retentionLastRun.set(now / 1_000);
}
