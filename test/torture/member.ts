import { appendFileSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Spawned, type Exit } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { RESONATE } from '../processes/server-process.ts';

/** A member that does not stop ends by itself after server.shutdown_timeout, 10 s, with code 1. */
const TERMINATED_WITHIN_MS = 60_000;
/** How long an orchestrator waits before it starts a process again that has failed to start. */
const START_AGAIN_MS = 500;

export interface MemberSpec {
  name: string;
  /** The program for its first start. Later starts use the program of this version. */
  firstProgram: string;
  /** Whether it uses that program every time. An older version can start only while the schema is the one that it knows. */
  staysOld: boolean;
  args: readonly string[];
  env: Record<string, string>;
  /** Answers 200 when the process is ready. */
  readyUrl: string;
  logFile: string;
  /** Called if the process ends although it was not stopped. */
  endedByItself: (name: string, exit: Exit) => void;
}

/** One process of the cluster and its orchestrator, which starts it again if it fails to start or ends by itself. */
export class Member {
  readonly name: string;
  readonly staysOld: boolean;
  readonly #spec: MemberSpec;
  #program: string;
  #process: Spawned | null = null;

  constructor(spec: MemberSpec) {
    this.#spec = spec;
    this.name = spec.name;
    this.staysOld = spec.staysOld;
    this.#program = spec.firstProgram;
  }

  start(): void {
    const { args, env, logFile } = this.#spec;
    // They log to files, because reading the logs of seven processes would slow this process down.
    const reporting = { LOG: logFile, NODE_OPTIONS: `--report-on-signal --report-directory=${dirname(logFile)}` };
    const process = new Spawned('sh', ['-c', 'exec "$@" >>"$LOG" 2>&1', 'sh', this.#program, ...args], {
      ...env,
      ...reporting,
    });
    if (!this.staysOld) this.#program = RESONATE;
    const logged = sizeOf(logFile);
    this.#process = process;
    void process.exited.then(async (exit) => {
      if (this.#process !== process) return;
      if (!readFileSync(logFile, 'utf8').slice(logged).includes('"could not start"')) {
        this.#spec.endedByItself(this.name, exit);
      }
      await pause(START_AGAIN_MS);
      if (this.#process === process) this.start();
    });
  }

  async kill9(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    await process?.kill9();
  }

  /** Sends SIGTERM. @returns how it ended. @throws if it takes too long. */
  async terminate(): Promise<Exit> {
    const process = this.#process;
    this.#process = null;
    return process ? process.terminate(TERMINATED_WITHIN_MS) : { code: 0, signal: null };
  }

  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.#process?.running) return;
    appendFileSync(this.#spec.logFile, `${new Date().toISOString()} gets ${signal}\n`);
    process.kill(-this.#process.pid, signal);
  }

  /** Makes it write a diagnostic report into the folder of its log. */
  report(): void {
    if (this.#process?.running) process.kill(this.#process.pid, 'SIGUSR2');
  }

  async ready(withinMs: number): Promise<void> {
    await until(`${this.name} is ready`, withinMs, async () => {
      const answer = await fetch(this.#spec.readyUrl, { signal: AbortSignal.timeout(2_000) });
      await answer.body?.cancel();
      return answer.status === 200;
    });
  }
}

function sizeOf(file: string): number {
  try {
    return readFileSync(file, 'utf8').length;
  } catch {
    return 0;
  }
}
