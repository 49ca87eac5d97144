import { fileURLToPath } from 'node:url';
import type { TimersJob, TimersResult } from '../load/timers.ts';
import { watched } from '../measure.ts';
import type { BenchOptions } from '../options.ts';
import { latencyRow } from '../report/row.ts';
import { runGenerator } from '../run-load.ts';
import type { Storage } from '../targets/storage.ts';
import { TIMER_WORKS } from './names.ts';
import { isWanted, type Step } from './part.ts';
import { targetsOn } from './requests.ts';

const TIMERS = fileURLToPath(new URL('../load/timers.ts', import.meta.url));
const OTHERS = 'creates beside';
/** Creating this many promises takes long, so they are measured only in one shape, and not in the quick run. */
const MANY = 100_000;

/** How late listeners are notified of promises that expire, and the latency of creates at the same time. */
export function timerSteps(options: BenchOptions, storage: Storage): Step[] {
  return targetsOn(options, storage).flatMap((target) =>
    TIMER_WORKS.filter(({ name, count }) => {
      if (!isWanted(options, 'timers', name)) return false;
      const isMany = count >= MANY;
      return !isMany || (!options.quick && target.name === storage.name) || (options.only?.includes(name) ?? false);
    }).map(({ name, count, everyMs }) => ({
      name: `${target.name}, ${name}`,
      async run() {
        const { result } = await watched(target, ({ url }, look) =>
          runGenerator<TimersResult, ReturnType<typeof look>>(
            TIMERS,
            { url, count, everyMs } satisfies TimersJob,
            look,
          ),
        );
        const of = { target: target.name, load: '-' };
        const lateness = latencyRow({ ...of, work: name }, result.lateness);
        if (everyMs > 0) return { rows: [lateness] };
        return { rows: [lateness, latencyRow({ ...of, work: `${OTHERS} ${name}` }, result.others)] };
      },
    })),
  );
}
