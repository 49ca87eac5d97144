/** The load generator: a process of its own that gets one job by IPC, does it and ends. */
import { WORKFLOWS } from '../peers/workflows/index.ts';
import { closedLoop } from './closed-loop.ts';
import { idSource } from './ids.ts';
import type { Job, LoadResult } from './messages.ts';
import { openLoop } from './open-loop.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { doJob } from './worker.ts';

/**
 * The warm-up's, whatever load is measured: in the first seconds a lone caller of a new server waits for code that is not
 * compiled yet (Postgres, `task.create+fulfill`: 2.0 to 2.9 ms of the server's CPU per request, 1.2 after such a warm-up).
 */
const WARM_CALLERS = 64;

doJob(async (job: Job, measuring): Promise<LoadResult> => {
  const scenario = [...SCENARIOS, ...WORKFLOWS].find(({ name }) => name === job.scenario);
  if (scenario === undefined) throw new Error(`no such scenario: ${job.scenario}`);
  const run = `${process.pid.toString(36)}x${Date.now().toString(36)}`;
  const { url, callers, perSecond } = job;
  const most = Math.max(callers, WARM_CALLERS);
  const open = await scenario.open({ url, callers: most, run, nextId: idSource(job.ids, run, job.seed) });
  const rounds = open.rounds.slice(0, callers);
  await closedLoop((open.warmUp ?? open.rounds).slice(0, WARM_CALLERS), job.warmupMs);
  measuring();
  const requestsBefore = open.requests();
  const cpuBefore = process.cpuUsage();
  const othersBefore = open.cpuMs?.() ?? 0;
  const { latencies, elapsedMs } = await (perSecond === undefined
    ? closedLoop(rounds, job.durationMs)
    : openLoop(rounds, perSecond, job.durationMs));
  const cpu = process.cpuUsage(cpuBefore);
  const othersCpuMs = (open.cpuMs?.() ?? 0) - othersBefore;
  const requests = open.requests() - requestsBefore;
  await open.close();
  const latency = latencies.summary();
  const loadCpuMs = (cpu.user + cpu.system) / 1_000 + othersCpuMs;
  return { rounds: latency.count, requests, elapsedMs, loadCpuMs, latency };
});
