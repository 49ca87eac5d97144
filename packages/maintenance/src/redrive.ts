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
      const { bulkRedrive } = store.upkeep;
      const current = await bulkRedrive.current();
      // An earlier run may have been interrupted. The order counts the letters of all its runs.
      const before = current?.endedAt === null ? current.redriven : 0;
      let total = before;
      let isDone = false;
      while (!isDone && !signal.aborted) {
        await untilQuiet(store, signal);
        const startedAt = performance.now();
        const order = await bulkRedrive.step();
        total = order?.redriven ?? total;
        isDone = order === null || order.endedAt !== null;
        if (!isDone) await pause(PAUSE_PER_BATCH * (performance.now() - startedAt), signal);
      }
      const redriven = total - before;
      const message = isDone ? 'the bulk redrive is done' : 'the bulk redrive was interrupted and will continue';
      logger.info(message, { redriven, total });
      return { redriven };
    },
  };
}
