import { setTimeout as pause } from 'node:timers/promises';
import type { PromiseRecord, TaskRecord } from '@resonate/protocol';
import type { Backing } from '../cluster/backing.ts';
import type { ApiClient } from './api-client.ts';
import type { Cluster } from './cluster.ts';
import type { Findings } from './findings.ts';
import { backlog } from './inspection.ts';
import type { Jobs } from './load/jobs.ts';
import type { RawLoad } from './load/raw.ts';
import type { Schedules } from './load/schedules.ts';
import type { Workflows } from './load/workflows.ts';

/** A worker of the SDK reconnects after up to 30 s, and a message that was lost with a worker is sent again after 30 s. */
const DRAINED_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 500;
const UNFINISHED = ['pending', 'acquired', 'suspended', 'halted'] as const;

export interface Drained {
  backing: Backing;
  cluster: Cluster;
  findings: Findings;
  raw: RawLoad;
  jobs: Jobs;
  workflows: Workflows;
  schedules: Schedules;
  control: ApiClient;
  log: (line: string) => void;
  /** Interrupts the wait. */
  signal: AbortSignal;
}

/** Checks that, after the last fault, all workflows, jobs, schedules and messages complete within a time limit. */
export async function drain(parts: Drained): Promise<void> {
  const { backing, cluster, findings, raw, jobs, workflows, schedules, control, log, signal } = parts;
  const startedAt = performance.now();
  const late = AbortSignal.timeout(DRAINED_WITHIN_MS);
  const ends = AbortSignal.any([late, signal]);
  /** @param look returns what is left; empty if there is nothing left. */
  const awaitEnd = async (what: string, look: () => string | Promise<string>) => {
    for (let left = await look(); left !== ''; left = await look()) {
      if (late.aborted)
        findings.violation('drain', `${what} later than ${DRAINED_WITHIN_MS} ms after healing: ${left}`);
      if (ends.aborted) return;
      await pause(LOOK_EVERY_MS);
    }
  };
  await cluster.ready();
  await awaitEnd('schedules catch up', () => schedules.late());
  if (signal.aborted) return;
  await schedules.check();
  await raw.sweepAll(ends);
  await awaitEnd('jobs are done', () => jobs.unfinished());
  await awaitEnd('workflows finish', () => workflows.unfinished());
  await awaitEnd('tasks are fulfilled', () => unfinished(control, ends));
  await awaitEnd('messages are delivered', () => backlog(backing));
  await checkCluster(cluster, findings);
  findings.count('drain ms', Math.round(performance.now() - startedAt));
  log(`drained within ${Math.round(performance.now() - startedAt)} ms`);
}

/** The tasks and promises that have not ended. Promises that a late request has created are settled here. */
async function unfinished(client: ApiClient, ends: AbortSignal): Promise<string> {
  const left: string[] = [];
  for (const state of UNFINISHED) {
    const reply = await client.insist('task.search', { state, limit: 20 }, ends);
    for (const task of (reply?.data as { tasks: TaskRecord[] } | undefined)?.tasks ?? []) {
      left.push(JSON.stringify(task));
      if (/^f\d/.test(task.id)) await client.insist('promise.settle', { id: task.id, state: 'resolved' }, ends);
    }
  }
  const reply = await client.insist('promise.search', { state: 'pending', limit: 20 }, ends);
  for (const { id } of (reply?.data as { promises: PromiseRecord[] } | undefined)?.promises ?? []) {
    left.push(`promise ${id}`);
    if (/^(f\d|(job|tick)\..*\.)/.test(id)) await client.insist('promise.settle', { id, state: 'resolved' }, ends);
  }
  return left.slice(0, 20).join('\n');
}

/** Checks that the cluster lists every process once, and one leader. */
async function checkCluster(cluster: Cluster, findings: Findings): Promise<void> {
  const answer = await fetch(`${cluster.apiUrls[0]}/cluster`, { signal: AbortSignal.timeout(10_000) });
  const { processes } = (await answer.json()) as { processes: { role: string; leader: boolean }[] };
  const leaders = processes.filter(({ leader }) => leader).length;
  if (leaders !== 1 || processes.length !== cluster.members.length) {
    findings.violation('cluster', `${leaders} leaders of ${processes.length} processes: ${JSON.stringify(processes)}`);
  }
}
