import { enabledTransports, type Runtime } from '@resonate/runtime';
import { Loop } from '@resonate/service';

const LOOK_EVERY_MS = 5_000;

/**
 * Makes dead letters of what has waited for too long, whoever should have taken it, and forgets those that are older than
 * anybody will ask for. Piece by piece, so that requests go on meanwhile.
 */
export function createBurial({ config, logger, metrics, store }: Runtime): Loop {
  const { unblockMaxAgeMs, deadLetterMaxAgeMs } = config.messages;
  const bury = async () => {
    for (const transport of enabledTransports(config)) {
      const error = `not taken within messages.unblock_max_age (${unblockMaxAgeMs} ms)`;
      const { count, more } = await store.deadLetters.buryAged(transport, unblockMaxAgeMs, error);
      if (count > 0) {
        metrics.deaths.inc({ transport, reason: 'age' }, count);
        logger.warn('unblocks became dead letters: nobody took them in time', { transport, count });
      }
      if (more) return true;
    }
    return (await store.deadLetters.dropAged(deadLetterMaxAgeMs)).more;
  };
  return new Loop({
    name: 'burial',
    pollIntervalMs: LOOK_EVERY_MS,
    logger,
    step: async () => {
      if (config.debug && (await store.isPaused())) return null;
      return (await bury()) ? 0 : null;
    },
  });
}
