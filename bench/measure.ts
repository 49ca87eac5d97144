import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { counted, readCounters, type Counters } from './counters.ts';
import { cpuMs } from './cpu.ts';
import type { Job, LoadMessage, LoadResult } from './load/messages.ts';
import type { Target } from './targets/target.ts';

const LOAD = fileURLToPath(new URL('./load/main.ts', import.meta.url));

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

async function runLoad(job: Job, usage: () => Usage) {
  const load = fork(LOAD);
  let before: Usage | undefined;
  try {
    const result = await new Promise<LoadResult>((resolve, reject) => {
      load.on('message', (message: LoadMessage) => {
        if (message.kind === 'measuring') before = usage();
        else if (message.kind === 'measured') resolve(message.result);
        else reject(new Error(message.message));
      });
      load.once('error', reject);
      load.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
      load.send(job);
    });
    if (!before) throw new Error('the load generator did not say when it began to measure');
    return { result, before, after: usage() };
  } finally {
    load.kill('SIGKILL');
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
