import { Loop } from '@resonate/lifecycle';
import { DEAD_AFTER_MS, type Runtime } from '@resonate/process';

const LOOK_EVERY_MS = 1_000;

/** Releases the messages of processes whose heartbeat has stopped: they are due at once, not after retry_timeout. */
export function createReaper({ logger, store }: Runtime): Loop {
  return new Loop({
    name: 'reaper',
    pollIntervalMs: LOOK_EVERY_MS,
    logger,
    step: async () => {
      const now = await store.now();
      const dead = (await store.processes()).filter(({ heartbeatAt }) => heartbeatAt < now - DEAD_AFTER_MS);
      if (dead.length === 0) return null;
      const ids = dead.map(({ id }) => id);
      const released = await store.releaseClaims(ids);
      // Last: if this process dies before, the next leader finds the row again.
      await store.removeProcesses(ids);
      logger.warn('released the messages of dead processes', { processes: ids, messagesDueAgain: released });
      return null;
    },
  });
}
