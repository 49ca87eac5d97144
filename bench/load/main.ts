/** The load generator: a separate process that gets one job over IPC, does it and ends. */
import { closedLoop } from './closed-loop.ts';
import { loadCpuMs, scenarioNamed } from './generator.ts';
import { idSource } from './ids.ts';
import type { Job, LoadResult } from './messages.ts';
import { openLoop } from './open-loop.ts';
import { doJob } from './worker.ts';

/**
 * The number of callers in a warm-up, for every measured load. Many callers make the new server compile its code. With
 * a lone caller the first seconds would be slower (Postgres, `task.create+fulfill`: 2.0 to 2.9 ms of the server's CPU
 * per request, 1.2 ms after such a warm-up).
 */
const WARM_CALLERS = 64;

doJob(async (job: Job, measuring): Promise<LoadResult> => {
  const scenario = scenarioNamed(job.scenario);
  const run = `${process.pid.toString(36)}x${Date.now().toString(36)}`;
  const { url, callers, perSecond } = job;
  const most = Math.max(callers, WARM_CALLERS);
  const open = await scenario.open({ url, callers: most, run, nextId: idSource(job.ids, run, job.seed) });
  const rounds = open.rounds.slice(0, callers);
  await closedLoop((open.warmUp ?? open.rounds).slice(0, WARM_CALLERS), job.warmupMs);
  measuring();
  const requestsBefore = open.requests();
  const cpuBefore = loadCpuMs(open);
  const { latencies, elapsedMs } = await (perSecond === undefined
    ? closedLoop(rounds, job.durationMs)
    : openLoop(rounds, perSecond, job.durationMs));
  const cpuAfter = loadCpuMs(open);
  const requests = open.requests() - requestsBefore;
  await open.close();
  const latency = latencies.summary();
  return { rounds: latency.count, requests, elapsedMs, loadCpuMs: cpuAfter - cpuBefore, latency };
});
