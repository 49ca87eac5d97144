import { Loop, type Service } from '@resonate/lifecycle';
import { DEAD_AFTER_MS, isAlive, type RuntimeWith } from '@resonate/process';

const LOOK_EVERY_MS = 1_000;

type Context = RuntimeWith<'logger' | 'processId', 'cluster' | 'now' | 'outbox'>;

/** Looks every second for processes whose heartbeat has stopped. */
export function createReaper(runtime: Context): Service {
  const name = 'reaper';
  let step = reaping(runtime);
  const loop = new Loop({ name, pollIntervalMs: LOOK_EVERY_MS, logger: runtime.logger, step: () => step() });
  return {
    name,
    start() {
      // While another process led, this one did not look. That was no outage.
      step = reaping(runtime);
      return loop.start();
    },
    stop: () => loop.stop(),
  };
}

/**
 * Releases the messages of processes whose heartbeat has stopped. So they are due at once instead of after
 * tasks.retry_timeout.
 * @returns the step of the loop.
 */
export function reaping({ logger, processId, store }: Context): () => Promise<null> {
  /** The last step, epoch ms. */
  let steppedAt: number | null = null;
  let nobodyIsDeadUntil = 0;
  return async () => {
    const now = await store.now();
    const processes = await store.cluster.processes();
    // While the store is unreachable, no process can renew its row. After that, each gets the time to do so.
    const wasUnreachable =
      steppedAt === null
        ? processes.some((row) => row.id === processId && !isAlive(row, now))
        : now - steppedAt > DEAD_AFTER_MS;
    steppedAt = now;
    if (wasUnreachable) nobodyIsDeadUntil = now + DEAD_AFTER_MS;
    if (now < nobodyIsDeadUntil) return null;
    const ids = processes.filter((row) => !isAlive(row, now)).map(({ id }) => id);
    if (ids.length === 0) return null;
    const released = await store.outbox.release({ processIds: new Set(ids) });
    // Remove the rows last. If this process dies before, the next leader still finds them.
    await store.cluster.removeProcesses(ids);
    logger.warn('released the messages of dead processes', { processes: ids, messagesDueAgain: released });
    return null;
  };
}
