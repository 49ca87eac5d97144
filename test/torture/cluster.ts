import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@resonate/testkit';
import { freePort } from '../processes/free-port.ts';
import { RESONATE } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { startWorker } from '../sdk/worker-process.ts';
import type { Findings } from './findings.ts';
import { Member } from './member.ts';

const ROLES = { api: 2, scheduler: 2, dispatcher: 3 } as const;
const WORKERS = 4;
export const SDK = '0.11.5';
export const GROUP = 'workers';
/** The tasks of a dead worker can be acquired again after this time. */
const WORKER_TTL_MS = 2_000;
const READY_WITHIN_MS = 180_000;
const REPORTED_WITHIN_MS = 2_000;

/** A process that can be killed and started again. */
export interface Mortal {
  name: string;
  start(): void;
  kill9(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

interface ClusterOptions {
  logDirectory: string;
  random: Random;
  findings: Findings;
  /** The program with which all processes start. One process of each role keeps it. Null: the program of this version. */
  upgradeFrom: string | null;
}

/** All processes under test: the roles of the server, and workers of the SDK, which are connected to different apis. */
export class Cluster {
  readonly members: readonly Member[];
  readonly workers: readonly Worker[];
  readonly apiUrls: readonly string[];

  private constructor(members: readonly Member[], workers: readonly Worker[], apiUrls: readonly string[]) {
    this.members = members;
    this.workers = workers;
    this.apiUrls = apiUrls;
  }

  /** Starts everything. @param env storage and wake-ups. */
  static async start(
    env: Record<string, string>,
    { logDirectory, random, findings, upgradeFrom }: ClusterOptions,
  ): Promise<Cluster> {
    const members: Member[] = [];
    const apiUrls: string[] = [];
    for (const role of ['api', 'scheduler', 'dispatcher'] as const) {
      for (let n = 1; n <= ROLES[role]; n++) {
        const name = `${role}-${n}`;
        const ports = { api: await freePort(), metrics: await freePort() };
        const url = `http://127.0.0.1:${ports.api}`;
        if (role === 'api') apiUrls.push(url);
        members.push(
          new Member({
            name,
            firstProgram: upgradeFrom ?? RESONATE,
            staysOld: upgradeFrom !== null && n === ROLES[role],
            args: [
              role,
              ...['--server-bind', '127.0.0.1', '--server-host', '127.0.0.1', '--server-port', String(ports.api)],
              ...['--observability-metrics-port', String(ports.metrics)],
              ...['--server-url', apiUrls[0] ?? url],
            ],
            env,
            readyUrl: `http://127.0.0.1:${ports.metrics}/ready`,
            logFile: join(logDirectory, `${name}.log`),
            endedByItself: (who, exit) =>
              findings.violation('processes', `${who} ended by itself: ${JSON.stringify(exit)}`),
          }),
        );
      }
    }
    const workers = Array.from({ length: WORKERS }, (_, n) => {
      return new Worker(`worker-${n + 1}`, apiUrls, random, logDirectory);
    });
    const cluster = new Cluster(members, workers, apiUrls);
    for (const process of cluster.all) process.start();
    return cluster;
  }

  get all(): readonly Mortal[] {
    return [...this.members, ...this.workers];
  }

  /** @throws if one of the processes does not become ready. */
  async ready(): Promise<void> {
    await Promise.all(this.members.map((member) => member.ready(READY_WITHIN_MS)));
  }

  /** Makes every process of the server write a diagnostic report, and waits for the reports. */
  async report(): Promise<void> {
    for (const member of this.members) member.report();
    await pause(REPORTED_WITHIN_MS);
  }

  async kill9(): Promise<void> {
    await Promise.all(this.all.map((process) => process.kill9()));
  }
}

/** A worker process of the SDK, connected to another api each time it starts. */
class Worker implements Mortal {
  readonly name: string;
  readonly #apiUrls: readonly string[];
  readonly #random: Random;
  readonly #logDirectory: string;
  #wanted: symbol | null = null;
  #process: Promise<Spawned | null> = Promise.resolve(null);

  constructor(name: string, apiUrls: readonly string[], random: Random, logDirectory: string) {
    this.name = name;
    this.#apiUrls = apiUrls;
    this.#random = random;
    this.#logDirectory = logDirectory;
  }

  start(): void {
    const wanted = (this.#wanted = Symbol(this.name));
    this.#process = this.#start(wanted);
  }

  async kill9(): Promise<void> {
    this.#wanted = null;
    const process = await this.#process;
    await process?.kill9();
    if (process) writeFileSync(join(this.#logDirectory, `${this.name}.log`), process.output(2_000), { flag: 'a' });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    void this.#process.then((started) => {
      if (started?.running) process.kill(-started.pid, signal);
    });
  }

  /** If its stream does not open, its api may be dead. Then it is started again with another one. */
  async #start(wanted: symbol): Promise<Spawned | null> {
    while (this.#wanted === wanted) {
      const url = this.#random.pick(this.#apiUrls);
      const options = { sdk: SDK, url, name: this.name, group: GROUP, ttlMs: WORKER_TTL_MS };
      const started = await startWorker(options).catch(() => null);
      if (started && this.#wanted !== wanted) await started.kill9();
      else if (started) return started;
    }
    return null;
  }
}
