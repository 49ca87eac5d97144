import type { Runtime } from '@resonate/process';
import type { Duty } from './job.ts';
import { untilQuiet, rest } from './pace.ts';

type Context = Pick<Runtime, 'logger' | 'store'>;

/** So much longer than a piece took nothing is sent again: what is delivered meanwhile needs the database too. */
const REST = 1;

/** Sends many dead letters again, as somebody has ordered. */
export function redriveDuty({ logger, store }: Context): Duty {
  return {
    name: 'redrive',
    when: { isWanted: async () => (await store.bulkRedrive.current())?.endedAt === null },
    async run(signal) {
      let redriven = 0;
      while (!signal.aborted) {
        await untilQuiet(store, signal);
        const startedAt = performance.now();
        const order = await store.bulkRedrive.step();
        redriven = order?.redriven ?? redriven;
        if (order === null || order.endedAt !== null) break;
        await rest(REST * (performance.now() - startedAt), signal);
      }
      logger.info('dead letters are sent again', { redriven });
      return { redriven };
    },
  };
}
