import type { RuntimeWith } from '@resonate/process';
import type { Duty } from './job.ts';
import { pause, untilQuiet } from './pace.ts';

type Context = RuntimeWith<'logger', 'upkeep' | 'waiting'>;

/**
 * The pause after each batch, as a multiple of its duration. It leaves time in the database for ordinary deliveries.
 */
const PAUSE_PER_BATCH = 1;

/** Delivers dead letters again in bulk, when an operator has ordered it. */
export function redriveDuty({ logger, store }: Context): Duty {
  return {
    name: 'redrive',
    when: { isWanted: async () => (await store.upkeep.bulkRedrive.current())?.endedAt === null },
    async run(signal) {
      let redriven = 0;
      while (!signal.aborted) {
        await untilQuiet(store, signal);
        const startedAt = performance.now();
        const order = await store.upkeep.bulkRedrive.step();
        redriven = order?.redriven ?? redriven;
        if (order === null || order.endedAt !== null) break;
        await pause(PAUSE_PER_BATCH * (performance.now() - startedAt), signal);
      }
      logger.info('dead letters were queued for delivery again', { redriven });
      return { redriven };
    },
  };
}
