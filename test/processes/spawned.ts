import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How many output lines are kept, for error messages and for lines that were printed before a test waits for them. */
const KEPT_LINES = 2_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

interface Waiter {
  matches: (line: string) => boolean;
  found: (line: string) => void;
}

const alive = new Set<Spawned>();

// No process may outlive the test that started it, even if the test was aborted.
process.once('exit', () => {
  for (const spawned of alive) void spawned.kill9();
});

/** A child process. Tests can wait for lines of its output. */
export class Spawned {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly exited: Promise<Exit>;
  #gone = false;

  /** Starts `command`. The environment is this process's own without RESONATE_*, plus `env`. */
  constructor(command: string, args: readonly string[], env: Record<string, string> = {}, cwd?: string) {
    this.#name = [command, ...args].join(' ');
    // It has its own process group, so that a signal reaches the server even if the command is a wrapper.
    this.#child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...withoutResonateVariables(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#heard(line));
    }
    alive.add(this);
    this.exited = new Promise((resolve) => {
      const ended = (exit: Exit) => {
        this.#gone = true;
        alive.delete(this);
        resolve(exit);
      };
      this.#child.on('error', (error) => {
        this.#heard(String(error));
        ended({ code: null, signal: null });
      });
      this.#child.on('exit', (code, signal) => ended({ code, signal }));
    });
  }

  get running(): boolean {
    return !this.#gone;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} did not start\n${this.output()}`);
    return this.#child.pid;
  }

  /** The last lines it printed, for error messages. */
  output(lines = 60): string {
    return this.#lines.slice(-lines).join('\n');
  }

  /** Waits for the first line that matches. It may have been printed already. Throws after `withinMs` or when the process ends. */
  async line(what: string, matches: (line: string) => boolean, withinMs: number): Promise<string> {
    const heard = this.#lines.find(matches);
    if (heard !== undefined) return heard;
    let timer: NodeJS.Timeout | undefined;
    const waiter: Waiter = { matches, found: () => undefined };
    try {
      return await Promise.race([
        new Promise<string>((resolve) => {
          waiter.found = resolve;
          this.#waiters.add(waiter);
        }),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(this.#failure(`${what}: not within ${withinMs} ms`)), withinMs);
        }),
        this.exited.then(() => Promise.reject(this.#failure(`${what}: the process ended before`))),
      ]);
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** Waits, as `line` does, for the line that shows that the process is ready. Kills the process if it does not appear. */
  async ready(what: string, matches: (line: string) => boolean, withinMs: number): Promise<string> {
    try {
      return await this.line(what, matches, withinMs);
    } catch (error) {
      await this.kill9();
      throw error;
    }
  }

  /** Sends text to its standard input. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Sends SIGKILL to its process group, if it still runs; resolves when it is gone. */
  async kill9(): Promise<void> {
    if (this.#gone) return;
    this.#signal(-this.pid, 'SIGKILL');
    await this.exited;
  }

  /** Sends a signal and waits for its end; SIGKILL and an error after `withinMs`. */
  async terminate(withinMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (this.#gone) return this.exited;
    this.#signal(this.pid, signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), withinMs);
    });
    const ended = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (ended !== 'late') return ended;
    await this.kill9();
    throw this.#failure(`did not end within ${withinMs} ms of ${signal}`);
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It ended by itself a moment ago. `exited` will report that.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #heard(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const waiter of this.#waiters) {
      if (waiter.matches(line)) waiter.found(line);
    }
  }

  #failure(message: string): Error {
    return new Error(`${this.#name}: ${message}\n${this.output()}`);
  }
}

/** Variables that decide whether an output has colours. */
const COLOUR_VARIABLES = new Set(['CI', 'FORCE_COLOR']);

/** The environment of this process without the variables that configure a server or decide about colours. */
export function withoutResonateVariables(): NodeJS.ProcessEnv {
  const isOurs = (name: string) => name.startsWith('RESONATE_') || COLOUR_VARIABLES.has(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}
