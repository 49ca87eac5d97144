import { counted, readCounters, type Counters } from './counters.ts';
import { cpuMs } from './cpu.ts';
import type { Job, LoadResult } from './load/messages.ts';
import { runLoad, type Watched } from './run-load.ts';
import type { RunningTarget, Target } from './targets/target.ts';

/** The load for a target. `work` is its name in the table, if it differs from the scenario. */
export type Work = Omit<Job, 'url'> & { work?: string };

/** One measurement, from the load generator and /proc. */
export interface Measurement extends LoadResult {
  target: string;
  work: string;
  load: string;
  /**
   * CPU time that the processes of the server and of the database used during the measurement; absent without /proc.
   */
  serverCpuMs?: number;
  databaseCpuMs?: number;
  /** The server's own counters; absent if it has none. */
  counters?: Counters;
}

interface Usage {
  server: number | undefined;
  database: number | undefined;
  counters: Promise<Counters> | undefined;
}

/** Starts a new target, runs the scenario against it from a separate process, and stops both. */
export async function measure(target: Target, { work, ...job }: Work): Promise<Measurement> {
  const { result, ...usage } = await watched(target, ({ url }, look) => runLoad({ ...job, url }, look));
  return {
    target: target.name,
    work: work ?? job.scenario,
    load: job.perSecond === undefined ? String(job.callers) : `${job.perSecond}/s`,
    ...result,
    ...usage,
  };
}

/**
 * Starts the target, lets `run` use it, and stops it. @returns the result of `run`, and the resources that the
 * processes used.
 */
export async function watched<Result>(
  target: Target,
  run: (running: RunningTarget, look: () => Usage) => Promise<Watched<Result, Usage>>,
): Promise<{ result: Result } & Pick<Measurement, 'serverCpuMs' | 'databaseCpuMs' | 'counters'>> {
  const running = await target.start();
  try {
    const { metricsUrls, pids } = running;
    const look = (): Usage => {
      const counters = metricsUrls && readCounters(metricsUrls);
      // The promise is awaited only after the load. Until then its error must not count as an unhandled rejection.
      counters?.catch(() => {});
      return { server: cpuMs(pids.server), database: cpuMs(pids.database), counters };
    };
    const { result, before, after } = await run(running, look);
    const [countsBefore, countsAfter] = [await before.counters, await after.counters];
    return {
      result,
      ...(pids.server.length > 0 ? between('serverCpuMs', before.server, after.server) : {}),
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
