import { TRANSPORTS } from '@resonate/protocol';
import { Loop } from '@resonate/lifecycle';
import { type BacklogReading, TOP_TARGETS } from '@resonate/observability';
import type { RuntimeWith } from '@resonate/process';

/** Autoscalers read the metric every 15 s or less often. */
const COUNT_EVERY_MS = 5_000;
/**
 * Counting reads every row it counts. This is enough for 20 dispatchers with 500 messages each; a larger number would
 * change no decision.
 */
const MAX_COUNTED = 10_000;

/** Keeps the metrics up to date by which dispatchers are scaled, and resonate_dead_letters. */
export function createBacklog({
  logger,
  metrics,
  store,
}: RuntimeWith<'logger' | 'metrics', 'deadLetters' | 'queues'>): Loop {
  const read = async () => {
    const readings = new Map<string, BacklogReading>();
    for (const transport of TRANSPORTS) {
      const { count, ageMs, targets } = await store.queues.backlog(transport, MAX_COUNTED, TOP_TARGETS);
      const named = targets.map((found) => ({ ...found, ageSeconds: found.ageMs / 1000 }));
      readings.set(transport, { count, ageSeconds: ageMs / 1000, targets: named });
    }
    return readings;
  };
  return new Loop({
    name: 'backlog',
    pollIntervalMs: COUNT_EVERY_MS,
    logger,
    step: async () => {
      try {
        metrics.showBacklog(await read());
        metrics.deadLetters.set(await store.deadLetters.count(MAX_COUNTED));
      } catch (error) {
        // An old number would pass for the current one. Autoscalers know how to treat a missing one.
        metrics.showBacklog(new Map());
        metrics.deadLetters.reset();
        throw error;
      }
      return null;
    },
  });
}
