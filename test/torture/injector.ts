import { setTimeout as pause } from 'node:timers/promises';
import type { TortureBacking } from './backing.ts';
import type { Cluster, Mortal } from './cluster.ts';
import type { Excuse } from './excuse.ts';
import type { Fault } from './faults.ts';
import type { Findings } from './findings.ts';
import type { Member } from './member.ts';

const FLAKY_MS = { lost: 10, well: 500 };

export interface InjectorOptions {
  backing: TortureBacking;
  cluster: Cluster;
  excuse: Excuse;
  findings: Findings;
  log: (line: string) => void;
}

/** Runs the planned faults: it causes each one and ends it. */
export class Injector {
  readonly #backing: TortureBacking;
  readonly #cluster: Cluster;
  readonly #excuse: Excuse;
  readonly #findings: Findings;
  readonly #log: (line: string) => void;
  /** The last fault of the database. How long a failover takes is not planned, so the next one waits for its end. */
  #databaseFault: Promise<unknown> = Promise.resolve();

  constructor({ backing, cluster, excuse, findings, log }: InjectorOptions) {
    this.#backing = backing;
    this.#cluster = cluster;
    this.#excuse = excuse;
    this.#findings = findings;
    this.#log = log;
  }

  /** Resolves when every fault has ended. After `signal` is aborted, no further fault begins. */
  async run(plan: readonly Fault[], signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const running: Promise<void>[] = [];
    for (const fault of plan) {
      const waitMs = Math.max(0, fault.atMs - (performance.now() - startedAt));
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      this.#log(`${fault.kind} ${fault.target} for ${fault.lastsMs} ms`);
      this.#findings.count(`faults ${fault.kind}`);
      running.push(
        this.#begin(fault, signal).catch((error: unknown) => {
          this.#findings.violation('processes', `${fault.kind} of ${fault.target}: ${String(error)}`);
        }),
      );
    }
    await Promise.all(running);
  }

  #begin(fault: Fault, signal: AbortSignal): Promise<void> {
    const inject = () => this.#inject(fault, signal);
    if (fault.target !== 'database') return inject();
    const next = this.#databaseFault.then(() => this.#excuse.during(inject));
    this.#databaseFault = next.catch(() => undefined);
    return next;
  }

  async #inject(fault: Fault, signal: AbortSignal): Promise<void> {
    // If the run is interrupted, the fault ends at once.
    const lasts = () => pause(fault.lastsMs, undefined, { signal }).catch(() => undefined);
    switch (fault.kind) {
      case 'kill': {
        const victim = this.#victim(fault.target);
        await victim.kill9();
        await lasts();
        victim.start();
        return;
      }
      case 'freeze': {
        const victim = this.#victim(fault.target);
        victim.signal('SIGSTOP');
        await lasts();
        victim.signal('SIGCONT');
        return;
      }
      case 'terminate':
        return this.#restart(this.#cluster.members.find(({ name }) => name === fault.target));
      case 'database-kill': {
        await this.#backing.database.killAll();
        await lasts();
        return this.#backing.database.restart();
      }
      case 'database-freeze':
        return freeze(this.#backing.database.pids(), lasts);
      case 'database-flaky':
        return this.#makeFlaky(fault.lastsMs, signal);
      case 'database-failover':
        return this.#backing.failOver?.(lasts);
      case 'redis-kill': {
        await this.#backing.redis?.killAll();
        await lasts();
        return this.#backing.redis?.restart();
      }
      case 'wakeup-silent': {
        this.#backing.wakeups.silenceWakeups();
        await lasts();
        this.#backing.wakeups.healWakeups();
        return;
      }
    }
  }

  /** Interrupts the network again and again for a moment, so that in turns requests to the database and its answers are lost. */
  async #makeFlaky(forMs: number, signal: AbortSignal): Promise<void> {
    const endsAt = performance.now() + forMs;
    for (let turn = 0; performance.now() < endsAt && !signal.aborted; turn++) {
      this.#backing.lose(turn % 2 === 0 ? 'answers' : 'requests');
      await pause(FLAKY_MS.lost);
      this.#backing.lose(null);
      await pause(FLAKY_MS.well);
    }
  }

  #victim(name: string): Mortal {
    const victim = this.#cluster.all.find((process) => process.name === name);
    if (!victim) throw new Error(`there is no ${name}`);
    return victim;
  }

  async #restart(member: Member | undefined): Promise<void> {
    if (!member) return;
    try {
      const { code, signal } = await member.terminate();
      this.#findings.count(`exits ${code ?? signal}`);
      // A process that has just started does not handle signals yet.
      if (code !== 0 && signal !== 'SIGTERM' && !this.#excuse.isValid) {
        this.#findings.violation('processes', `${member.name} ended with code ${code} after SIGTERM`);
      }
    } finally {
      member.start();
    }
  }
}

async function freeze(pids: readonly number[], lasts: () => Promise<void>): Promise<void> {
  for (const pid of pids) signalIfThere(pid, 'SIGSTOP');
  await lasts();
  for (const pid of pids) signalIfThere(pid, 'SIGCONT');
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
