import { Loop } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';

/**
 * Timers of one sort fired in one round: small enough that requests hardly notice a round under way, the first one of all
 * too, which runs code that was never run before. While 10,000 promises expire (SQLite; 4 and 6 runs), creates beside take 6
 * to 11 ms at the median and 42 to 68 at most with 100, 4 to 8 and 25 to 62 with 50; the last listener hears after 1.0 to
 * 1.3 s with 100, 1.0 to 1.7 with 50 (npm run bench -- --only "10k timers").
 */
const ROUND_LIMIT = 50;
const SORTS = ['promise', 'lease', 'schedule'] as const;

/**
 * Fires promise timeouts, lease ends and schedules, each at its time: sleeps to the next due time, a commit that makes
 * something due earlier wakes it, and it looks at least every timeouts.poll_interval.
 */
export function createTimers({ config, logger, metrics, store }: Runtime): Loop {
  const loop = new Loop({
    name: 'timers',
    pollIntervalMs: config.timeouts.pollIntervalMs,
    logger,
    clock: store.clock,
    step: async () => {
      if (config.debug && (await store.isPaused())) return null;
      const fired = await store.fireDueTimers(ROUND_LIMIT);
      metrics.schedulePromises.inc(fired.runs);
      if (fired.promises + fired.leases + fired.schedules > 0) metrics.timerLateness.observe(fired.latenessMs / 1000);
      for (const timer of SORTS) metrics.timers.inc({ timer }, fired[`${timer}s`]);
      metrics.timersFailed.inc(fired.failed);
      metrics.timersFailing.set(fired.failing);
      return fired.more ? 0 : store.nextTimerAt();
    },
  });
  store.onHints(({ timerAt }) => {
    if (timerAt !== null) loop.wakeAt(timerAt);
  });
  return loop;
}
