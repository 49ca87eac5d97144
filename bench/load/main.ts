/** The load generator: a process of its own that gets one job by IPC, does it and ends. */
import { closedLoop } from './closed-loop.ts';
import { idSource } from './ids.ts';
import type { Job, LoadMessage, LoadResult } from './messages.ts';
import { SCENARIOS } from './scenarios/index.ts';

process.once('message', (job: Job) => {
  measure(job).then(
    (result) => tell({ kind: 'measured', result }),
    (error: unknown) => tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});

async function measure(job: Job): Promise<LoadResult> {
  const scenario = SCENARIOS.find(({ name }) => name === job.scenario);
  if (scenario === undefined) throw new Error(`no such scenario: ${job.scenario}`);
  const run = `${process.pid.toString(36)}x${Date.now().toString(36)}`;
  const { url, callers } = job;
  const open = await scenario.open({ url, callers, run, nextId: idSource(job.ids, run) });
  await closedLoop(open.rounds, job.warmupMs);
  tell({ kind: 'measuring' });
  const requestsBefore = open.requests();
  const cpuBefore = process.cpuUsage();
  const { latencies, elapsedMs } = await closedLoop(open.rounds, job.durationMs);
  const cpu = process.cpuUsage(cpuBefore);
  const requests = open.requests() - requestsBefore;
  open.close();
  const latency = latencies.summary();
  return { rounds: latency.count, requests, elapsedMs, loadCpuMs: (cpu.user + cpu.system) / 1_000, latency };
}

function tell(message: LoadMessage): void {
  process.send?.(message, () => {
    if (message.kind !== 'measuring') process.disconnect();
  });
}
