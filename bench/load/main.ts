/** The load generator: a process of its own that gets one job by IPC, does it and ends. */
import { WORKFLOWS } from '../peers/workflows/index.ts';
import { closedLoop } from './closed-loop.ts';
import { idSource } from './ids.ts';
import type { LoopResult } from './loop.ts';
import type { Job, LoadResult } from './messages.ts';
import { openLoop } from './open-loop.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { doJob } from './worker.ts';

doJob(async (job: Job, measuring): Promise<LoadResult> => {
  const scenario = [...SCENARIOS, ...WORKFLOWS].find(({ name }) => name === job.scenario);
  if (scenario === undefined) throw new Error(`no such scenario: ${job.scenario}`);
  const run = `${process.pid.toString(36)}x${Date.now().toString(36)}`;
  const { url, callers, perSecond } = job;
  const open = await scenario.open({ url, callers, run, nextId: idSource(job.ids, run, job.seed) });
  const loop = (durationMs: number): Promise<LoopResult> =>
    perSecond === undefined ? closedLoop(open.rounds, durationMs) : openLoop(open.rounds, perSecond, durationMs);
  await loop(job.warmupMs);
  measuring();
  const requestsBefore = open.requests();
  const cpuBefore = process.cpuUsage();
  const { latencies, elapsedMs } = await loop(job.durationMs);
  const cpu = process.cpuUsage(cpuBefore);
  const requests = open.requests() - requestsBefore;
  await open.close();
  const latency = latencies.summary();
  return { rounds: latency.count, requests, elapsedMs, loadCpuMs: (cpu.user + cpu.system) / 1_000, latency };
});
