import { Loop, type Service } from '@resonate/lifecycle';
import { enabledTransports, type RuntimeWith } from '@resonate/process';
import { AbsentConnections } from './absent-connections.ts';

type Context = RuntimeWith<'config' | 'logger' | 'metrics', 'cluster' | 'deadLetters' | 'debug' | 'now'>;

const LOOK_EVERY_MS = 5_000;

/**
 * Turns messages that have waited too long into dead letters, deletes old dead letters, and drops messages for
 * connections that do not return.
 */
export function createDeadLetterSweep(runtime: Context): Service {
  const { config, logger, store } = runtime;
  const absent = new AbsentConnections(runtime);
  const loop = new Loop({
    name: 'dead-letter sweep',
    pollIntervalMs: LOOK_EVERY_MS,
    logger,
    step: async () => {
      if (config.debug && (await store.debug.isPaused())) {
        absent.restart();
        return null;
      }
      const more = [await sweepDeadLetters(runtime), await absent.drop()];
      return more.includes(true) ? 0 : null;
    },
  });
  return {
    name: loop.name,
    start: () => {
      absent.restart();
      return loop.start();
    },
    stop: () => loop.stop(),
  };
}

/** Processes a limited number of messages, so that requests run in between. @returns true if there is more to do. */
export async function sweepDeadLetters({ config, logger, metrics, store }: Context): Promise<boolean> {
  const { unblockMaxAgeMs, deadLetterMaxAgeMs } = config.messages;
  const error = `not taken within messages.unblock_max_age (${unblockMaxAgeMs} ms)`;
  for (const transport of enabledTransports(config)) {
    const { count, more } = await store.deadLetters.deadLetterAged(transport, unblockMaxAgeMs, error);
    if (count > 0) {
      metrics.newDeadLetters.inc({ transport, reason: 'age' }, count);
      logger.warn('unblocks became dead letters: not delivered in time', { transport, count });
    }
    if (more) return true;
  }
  return (await store.deadLetters.dropAged(deadLetterMaxAgeMs)).more;
}
