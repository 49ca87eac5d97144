import { TRANSPORTS } from '@resonate/protocol';
import type { Runtime } from '@resonate/runtime';
import { Loop } from '@resonate/service';

/** Autoscalers look every 15 s or more. */
const COUNT_EVERY_MS = 5_000;
/** Counting costs what is counted: enough for 20 dispatchers at 500 messages each, more would change no decision. */
const MAX_COUNTED = 10_000;

/** Keeps the metrics resonate_backlog_messages, by which dispatchers are scaled, and resonate_dead_letters up to date. */
export function createBacklog({ logger, metrics, store }: Runtime): Loop {
  return new Loop({
    name: 'backlog',
    pollIntervalMs: COUNT_EVERY_MS,
    logger,
    step: async () => {
      try {
        for (const transport of TRANSPORTS)
          metrics.backlog.set({ transport }, await store.backlog(transport, MAX_COUNTED));
        metrics.deadLetters.set(await store.deadLetters.count(MAX_COUNTED));
      } catch (error) {
        // An old number would be taken for the present one; of a missing one it is known what to do.
        metrics.backlog.reset();
        metrics.deadLetters.reset();
        throw error;
      }
      return null;
    },
  });
}
