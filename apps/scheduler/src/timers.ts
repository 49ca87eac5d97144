import { Loop } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';

/**
 * How many timers of one kind fire in one round. It is small, so that a round hardly delays requests, even the first
 * round, whose code is not compiled yet. Measured on SQLite while 10,000 promises expire and other promises are created
 * (npm run bench -- --only "10k timers"):
 * - limit 100, 4 runs: a create takes 6 to 11 ms at the median and at most 42 to 68 ms. The last listener is notified
 *   after 1.0 to 1.3 s.
 * - limit 50, 6 runs: a create takes 4 to 8 ms at the median and at most 25 to 62 ms. The last listener is notified
 *   after 1.0 to 1.7 s.
 */
const ROUND_LIMIT = 50;
const TIMER_KINDS = ['promise', 'lease', 'schedule'] as const;

/**
 * Fires promise timeouts, lease ends and schedules at their times. It sleeps until the next due time. A commit that
 * makes something due earlier wakes it, and it looks at least every timeouts.poll_interval.
 */
export function createTimers({
  config,
  logger,
  metrics,
  store,
}: RuntimeWith<'config' | 'logger' | 'metrics', 'clock' | 'debug' | 'hints' | 'timers'>): Loop {
  const loop = new Loop({
    name: 'timers',
    pollIntervalMs: config.timeouts.pollIntervalMs,
    logger,
    clock: store.clock,
    step: async () => {
      if (config.debug && (await store.debug.isPaused())) return null;
      const fired = await store.timers.fireDue(ROUND_LIMIT);
      metrics.schedulePromises.inc(fired.runs);
      if (fired.promises + fired.leases + fired.schedules > 0) metrics.timerLateness.observe(fired.latenessMs / 1000);
      for (const timer of TIMER_KINDS) metrics.timers.inc({ timer }, fired[`${timer}s`]);
      metrics.timersFailed.inc(fired.failed);
      metrics.timersFailing.set(fired.failing);
      return fired.more ? 0 : store.timers.nextAt();
    },
  });
  store.hints.onHint(({ timerAt }) => {
    if (timerAt !== null) loop.wakeAt(timerAt);
  });
  return loop;
}
