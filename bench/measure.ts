import { counted, readCounters, type Counters } from './counters.ts';
import { cpuMs } from './cpu.ts';
import type { Job, LoadResult } from './load/messages.ts';
import { runLoad } from './run-load.ts';
import type { Target } from './targets/target.ts';

export type Work = Omit<Job, 'url'>;

/** One measurement as the load generator and /proc saw it. */
export interface Measurement extends LoadResult {
  target: string;
  scenario: string;
  callers: number;
  /** CPU time of the server's and the database's processes while measuring; absent without /proc. */
  serverCpuMs?: number;
  databaseCpuMs?: number;
  /** The server's own counts; absent when it has none. */
  counters?: Counters;
}

interface Usage {
  server: number | undefined;
  database: number | undefined;
  counters: Promise<Counters> | undefined;
}

/** Starts the target afresh, runs the scenario against it from a process of its own, and stops both. */
export async function measure(target: Target, work: Work): Promise<Measurement> {
  const running = await target.start();
  try {
    const { url, metricsUrl, pids } = running;
    const usage = (): Usage => {
      const counters = metricsUrl === undefined ? undefined : readCounters(metricsUrl);
      // Awaited when the load is over; what it fails with is told then.
      counters?.catch(() => {});
      return { server: cpuMs(pids.server), database: cpuMs(pids.database), counters };
    };
    const { result, before, after } = await runLoad({ ...work, url }, usage);
    const [countsBefore, countsAfter] = [await before.counters, await after.counters];
    return {
      target: target.name,
      scenario: work.scenario,
      callers: work.callers,
      ...result,
      ...between('serverCpuMs', before.server, after.server),
      ...(pids.database.length > 0 ? between('databaseCpuMs', before.database, after.database) : {}),
      ...(countsBefore && countsAfter ? { counters: counted(countsBefore, countsAfter) } : {}),
    };
  } finally {
    await running.stop();
  }
}

function between<Name extends string>(
  name: Name,
  before: number | undefined,
  after: number | undefined,
): Partial<Record<Name, number>> {
  if (before === undefined || after === undefined) return {};
  return { [name]: after - before } as Partial<Record<Name, number>>;
}
