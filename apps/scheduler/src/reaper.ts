import { Loop, type Service } from '@resonate/lifecycle';
import { DEAD_AFTER_MS, isAlive, type RuntimeWith } from '@resonate/process';

const LOOK_EVERY_MS = 1_000;
/**
 * A longer time between two steps, or since the last heartbeat of this process, counts as an outage. It is shorter than
 * DEAD_AFTER_MS, because at the start of an outage the last heartbeat of a living process may be over 1 s old.
 */
const LONGEST_GAP_MS = 3_000;
/**
 * How long after an outage no process is dead. It is longer than the backoff of a failed heartbeat, which is up to 5 s
 * (`Loop`).
 */
const GRACE_MS = DEAD_AFTER_MS + 2_000;

type Context = RuntimeWith<'logger' | 'processId', 'cluster' | 'now' | 'outbox'>;

/** Looks every second for processes whose heartbeat has stopped. */
export function createReaper(runtime: Context): Service {
  const name = 'reaper';
  let step = reaping(runtime);
  const loop = new Loop({ name, pollIntervalMs: LOOK_EVERY_MS, logger: runtime.logger, step: () => step() });
  return {
    name,
    start() {
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
  /** The last step, epoch ms; null if it failed or there was none. */
  let steppedAt: number | null = null;
  let nobodyIsDeadUntil = 0;
  return async () => {
    const lastAt = steppedAt;
    steppedAt = null;
    const now = await store.now();
    const processes = await store.cluster.processes();
    // While the store is unreachable, no process can renew its row. After that, each gets the time to do so. A new leader
    // does not know whether there was an outage: an outage may have caused its election. Reads may be fast while writes
    // hang. The row of this process shows that: it is alive, so only the store can have kept it from renewing its row.
    const renewedAt = processes.find(({ id }) => id === processId)?.heartbeatAt ?? null;
    const wasAway = [lastAt, renewedAt].some((at) => at === null || now - at > LONGEST_GAP_MS);
    if (wasAway) nobodyIsDeadUntil = now + GRACE_MS;
    const ids = now < nobodyIsDeadUntil ? [] : processes.filter((row) => !isAlive(row, now)).map(({ id }) => id);
    if (ids.length > 0) {
      const released = await store.outbox.release({ processIds: new Set(ids) });
      // Remove the rows last. If this process dies before, the next leader still finds them.
      await store.cluster.removeProcesses(ids);
      logger.warn('released the messages of dead processes', { processes: ids, messagesDueAgain: released });
    }
    steppedAt = now;
    return null;
  };
}
