import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('bystander-process.ts', import.meta.url));

/** One answer that the bystander got. */
export interface Step {
  kind: string;
  /** 0 if there was no answer. */
  status: number;
  /** The text of an answer other than 200. */
  fault?: string | undefined;
  ms: number;
  /** How late the machine woke the bystander for this round. */
  lateMs: number;
}

/** How much slower a computation was than on an idle machine: its duration divided by its CPU time. */
export interface Measured {
  slowdown: number;
}

export interface Seen {
  /** Answers by status. */
  statuses: Record<string, number>;
  /** The first few faults, for error messages. */
  faults: string[];
  slowestMs: number;
  medianMs: number;
  /** The longest delay with which the machine woke the bystander. */
  latestMs: number;
  /** How much slower computations were than on an idle machine (the median). It is 1 if a processor is free. */
  slowdown: number;
}

const SHOWN_FAULTS = 5;

/**
 * Another client of the same server: a process that creates and settles one promise every 100 ms and measures how long
 * each answer takes.
 */
export class Bystander {
  readonly #process: ChildProcess;
  #steps: Step[] = [];
  #slowdowns: number[] = [];

  private constructor(url: string) {
    this.#process = fork(PROGRAM, [url], { execArgv: [] });
    this.#process.on('message', (message: Step | Measured) => {
      if ('slowdown' in message) this.#slowdowns.push(message.slowdown);
      else this.#steps.push(message);
    });
  }

  /** Starts one; resolves after its first answers, which are not counted. */
  static async start(url: string): Promise<Bystander> {
    const bystander = new Bystander(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    bystander.#process.on('message', () => bystander.#steps.length >= 10 && resolve());
    bystander.#process.once('close', () => reject(new Error('the bystander ended')));
    await promise;
    bystander.take();
    return bystander;
  }

  /** What it measured since the last call. */
  take(): Seen {
    const steps = this.#steps;
    this.#steps = [];
    const slowdowns = this.#slowdowns.sort((one, other) => one - other);
    this.#slowdowns = [];
    const statuses: Record<string, number> = {};
    for (const { status } of steps) statuses[status] = (statuses[status] ?? 0) + 1;
    const times = steps.map(({ ms }) => ms).sort((one, other) => one - other);
    const faults = steps.flatMap(({ kind, status, fault }) =>
      fault === undefined ? [] : [`${kind}: ${status} ${fault}`],
    );
    return {
      statuses,
      faults: faults.slice(0, SHOWN_FAULTS),
      slowestMs: Math.round(times.at(-1) ?? 0),
      medianMs: Math.round(times[times.length >> 1] ?? 0),
      latestMs: Math.round(Math.max(0, ...steps.map(({ lateMs }) => lateMs))),
      slowdown: Math.round(10 * (slowdowns[slowdowns.length >> 1] ?? 1)) / 10,
    };
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
