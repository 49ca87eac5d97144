import { Loop } from '@resonate/lifecycle';
import { isAlive, type RuntimeWith } from '@resonate/process';

const LOOK_EVERY_MS = 1_000;

/**
 * Releases the messages of processes whose heartbeat has stopped. So they are due at once instead of after
 * tasks.retry_timeout.
 */
export function createReaper({ logger, store }: RuntimeWith<'logger', 'cluster' | 'now' | 'outbox'>): Loop {
  return new Loop({
    name: 'reaper',
    pollIntervalMs: LOOK_EVERY_MS,
    logger,
    step: async () => {
      const now = await store.now();
      const dead = (await store.cluster.processes()).filter((row) => !isAlive(row, now));
      if (dead.length === 0) return null;
      const ids = dead.map(({ id }) => id);
      const released = await store.outbox.release({ processIds: new Set(ids) });
      // Remove the rows last. If this process dies before, the next leader still finds them.
      await store.cluster.removeProcesses(ids);
      logger.warn('released the messages of dead processes', { processes: ids, messagesDueAgain: released });
      return null;
    },
  });
}
