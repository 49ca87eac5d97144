import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '@resonate/testkit';
import { PushTarget } from '../http/push-target.ts';
import { ApiClient } from './api-client.ts';
import { Availability } from './availability.ts';
import { startTortureBacking, type TortureBacking } from './backing.ts';
import { checkHistories } from './checks/histories.ts';
import { checkLeases } from './checks/leases.ts';
import { Cluster } from './cluster.ts';
import { drain } from './drain.ts';
import { planFaults } from './faults.ts';
import { Excuse } from './excuse.ts';
import { Findings } from './findings.ts';
import { Injector } from './injector.ts';
import { activity } from './inspection.ts';
import { Jobs } from './load/jobs.ts';
import { RawLoad } from './load/raw.ts';
import { Schedules } from './load/schedules.ts';
import { Workflows } from './load/workflows.ts';
import type { Database, Options } from './options.ts';

const RAW_CLIENTS = 8;
/** Independent random streams, so that one more request does not change the faults. */
const STREAM = { faults: 1, cluster: 2, raw: 3, clients: 4, jobs: 5, workflows: 6 } as const;

export interface TortureOptions extends Pick<Options, 'seed' | 'failovers' | 'upgradeFrom'> {
  database: Database;
  /** The duration of load and faults. */
  durationMs: number;
  /** Ends the run early. What was recorded until then is still checked. */
  signal: AbortSignal;
  log: (line: string) => void;
}

export interface Outcome {
  database: Database;
  findings: Findings;
  unavailable: { ms: number; atMs: number };
  /** The folder is kept if there are violations. */
  logDirectory: string;
}

/** Runs a cluster under load and faults on one database. Then it ends the faults, waits for all work and checks the results. */
export async function torture(options: TortureOptions): Promise<Outcome> {
  const { database, log } = options;
  const findings = new Findings();
  const availability = new Availability();
  const logDirectory = mkdtempSync(join(tmpdir(), `torture-${database}-`));
  const random = (stream: number) => new Random(options.seed * 31 + stream);
  let backing: TortureBacking | undefined;
  let cluster: Cluster | undefined;
  try {
    log(`${database}: starting`);
    backing = await startTortureBacking(database, options.failovers);
    cluster = await Cluster.start(backing.env, {
      ...{ logDirectory, random: random(STREAM.cluster), findings, upgradeFrom: options.upgradeFrom },
    });
    await cluster.ready();
    await new Run(options, { backing, cluster, findings, availability, excuse: new Excuse() }).run(random);
  } catch (error) {
    if (!options.signal.aborted)
      findings.violation('run', error instanceof Error ? String(error.stack) : String(error));
  } finally {
    if (findings.violations.length > 0) await diagnose(logDirectory, cluster, backing);
    await cluster?.kill9();
    await backing?.stop();
  }
  if (findings.violations.length === 0) rmSync(logDirectory, { recursive: true });
  return { database, findings, unavailable: availability.longest, logDirectory };
}

/**
 * Writes into the folder of the logs what the processes and the database are doing. Call it before the processes are killed:
 * if one of them hangs, this shows where.
 */
async function diagnose(directory: string, cluster?: Cluster, backing?: TortureBacking): Promise<void> {
  const doing = backing && (await activity(backing).catch(String));
  writeFileSync(join(directory, 'database.txt'), doing ?? 'not started');
  await cluster?.report();
}

interface Subjects {
  backing: TortureBacking;
  cluster: Cluster;
  findings: Findings;
  availability: Availability;
  excuse: Excuse;
}

class Run {
  readonly #options: TortureOptions;
  readonly #subjects: Subjects;

  constructor(options: TortureOptions, subjects: Subjects) {
    this.#options = options;
    this.#subjects = subjects;
  }

  async run(random: (stream: number) => Random): Promise<void> {
    const { signal, seed } = this.#options;
    const { cluster, findings, availability, excuse } = this.#subjects;
    const clientRandom = random(STREAM.clients);
    const answered = () => availability.answered();
    const connect = () => new ApiClient({ urls: cluster.apiUrls, random: clientRandom, findings, excuse, answered });

    const over = new AbortController();
    const stopping = over.signal;
    const jobs = new Jobs({ random: random(STREAM.jobs), connect, findings, excuse }, stopping);
    const target = await PushTarget.start((push) => {
      // Otherwise the list of pushes would grow during the whole run.
      target.pushes.length = 0;
      return push.path === '/jobs' ? jobs.pushed(push.message) : 200;
    });
    const rawClients = Array.from({ length: RAW_CLIENTS }, connect);
    const raw = new RawLoad(seed, rawClients, `${target.url}/raw`);
    const control = connect();
    const schedules = new Schedules(control, findings, stopping);
    const looker = connect();
    const workflowOptions = { random: random(STREAM.workflows), looker, findings };
    const workflows = await Workflows.connect(cluster.apiUrls, workflowOptions, stopping);
    let looking: Promise<void> = Promise.resolve();
    try {
      await schedules.create(`${target.url}/jobs`);
      looking = workflows.lookAfter();
      const loadEnds = new AbortController();
      const ends = AbortSignal.any([loadEnds.signal, signal]);
      const load = Promise.all([raw.run(ends), jobs.run(`${target.url}/jobs`, ends), workflows.run(ends)]);
      await this.#torment(random(STREAM.faults).int(0, 2 ** 31), signal);
      loadEnds.abort();
      await load;
      if (signal.aborted) return;
      await drain({ ...this.#subjects, raw, jobs, workflows, schedules, control, log: this.#options.log, signal });
      if (signal.aborted) return;
      await jobs.check(control);
    } finally {
      over.abort();
      await looking;
      await workflows.stop();
      await target.close();
      for (const client of [...rawClients, control, looker]) client.close();
    }
    this.#options.log('checking');
    checkHistories(raw.history, findings);
    for (const wrong of checkLeases(jobs.events)) findings.violation('leases', wrong);
    findings.count('leases granted', jobs.events.filter(({ granted }) => granted).length);
    findings.count('leases requests', jobs.events.length);
    this.#checkActivity();
  }

  /** Checks that every kind of work has happened. Without work, a run proves nothing. */
  #checkActivity(): void {
    const { findings } = this.#subjects;
    const idle = ['histories linearizable', 'leases granted', 'jobs done', 'workflows finished', 'occurrences'];
    for (const name of idle.filter((name) => findings.counted(name) === 0)) findings.violation('run', `no ${name}`);
  }

  async #torment(seed: number, signal: AbortSignal): Promise<void> {
    const { backing, cluster, availability } = this.#subjects;
    const { durationMs, log } = this.#options;
    const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);
    const plan = planFaults(seed, durationMs, {
      servers: names(cluster.members.filter(({ staysOld }) => !staysOld)),
      workers: names(cluster.workers),
      hasRedis: backing.redis !== null,
      hasStandby: backing.failOver !== null,
    });
    const startedAt = performance.now();
    const stamped = (line: string) => log(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s: ${line}`);
    availability.start();
    await new Injector({ ...this.#subjects, log: stamped }).run(plan, signal);
    await pause(Math.max(0, durationMs - (performance.now() - startedAt)), undefined, { signal }).catch(
      () => undefined,
    );
    availability.stop();
    stamped('healed');
  }
}
