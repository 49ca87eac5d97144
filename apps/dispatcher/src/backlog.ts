import { TRANSPORTS } from '@resonate/protocol';
import { Loop } from '@resonate/lifecycle';
import { type BacklogReading, TOP_TARGETS } from '@resonate/observability';
import { enabledTransports, type RuntimeWith } from '@resonate/process';

/** Often enough, because autoscalers read the metric every 15 s or less often. */
const COUNT_EVERY_MS = 5_000;
/**
 * Counting is limited, because it reads every row that it counts. This is enough for 20 dispatchers with 500 messages
 * each. A larger number would not change a scaling decision.
 */
const MAX_COUNTED = 10_000;

/** Updates the backlog metrics, by which dispatchers are scaled, and resonate_dead_letters. */
export function createBacklog({
  config,
  logger,
  metrics,
  store,
}: RuntimeWith<'config' | 'logger' | 'metrics', 'deadLetters' | 'queues'>): Loop {
  const enabled = new Set(enabledTransports(config));
  const read = async () => {
    const readings = new Map<string, BacklogReading>();
    for (const transport of TRANSPORTS) {
      const { count, ageMs, targets } = await store.queues.backlog(transport, MAX_COUNTED, TOP_TARGETS);
      const named = targets.map((found) => ({ ...found, ageSeconds: found.ageMs / 1000 }));
      // More dispatchers would not deliver these messages, but somebody should see that they wait.
      const isSwitchedOff = !enabled.has(transport);
      readings.set(transport, { count, ageSeconds: ageMs / 1000, targets: named, isSwitchedOff });
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
        // Remove the old values, because they would look current. Autoscalers can handle missing values.
        metrics.showBacklog(new Map());
        metrics.deadLetters.reset();
        throw error;
      }
      return null;
    },
  });
}
