import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { BoundedOutput } from './bounded-output.ts';

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Bytes of stdout and of stderr. */
  maxOutput: number;
  /** How long after SIGTERM comes SIGKILL. */
  graceMs: number;
  /** Told the process group before anything of the command has run. */
  started(group: number): void;
}

export type ChildEnd =
  /** `code` is null when a signal ended it. */
  | { kind: 'ended'; code: number | null; signal: string | null; stdout: string; stderr: string }
  /** It was ended, as its stdout was longer than allowed. */
  | { kind: 'overflowed' }
  | { kind: 'unstartable'; error: NodeJS.ErrnoException };

/**
 * Waits at the gate, file descriptor 3, before it becomes the command: nothing may run that the guard does not know of.
 * Should we die before the gate is opened, it ends there.
 */
const AT_THE_GATE = `
read -r -u 3 open || exit 1
exec 3<&-
command -v "$1" >/dev/null || { echo "failed to start $1: it is not on the PATH of the server" >&2; exit 127; }
exec "$@"
`;

/** A process that left the group may hold the pipes open; once all others are killed nobody waits for it any longer. */
const PIPES_MS = 1_000;

/**
 * Runs a command in a process group of its own until it has ended and its output is closed, then kills what is left of
 * the group. Never rejects.
 * @param signal ends the whole group: SIGTERM, then SIGKILL.
 */
export function runChild(options: ChildOptions, signal: AbortSignal): Promise<ChildEnd> {
  let child: ChildProcess;
  try {
    child = spawn('bash', ['-c', AT_THE_GATE, 'bash', options.command, ...options.args], {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    return Promise.resolve({ kind: 'unstartable', error: error as NodeJS.ErrnoException });
  }
  const { pid } = child;
  if (pid === undefined) {
    return new Promise((resolve) => child.once('error', (error) => resolve({ kind: 'unstartable', error })));
  }
  options.started(pid);
  const ended = attend(child, pid, options, signal);
  openGate(child);
  return ended;
}

function openGate(child: ChildProcess): void {
  const gate = child.stdio[3] as Duplex;
  // Killed while it waited.
  gate.on('error', () => undefined);
  gate.end('open\n', () => gate.destroy());
}

function attend(child: ChildProcess, group: number, options: ChildOptions, signal: AbortSignal): Promise<ChildEnd> {
  const stdout = new BoundedOutput(options.maxOutput, 'head');
  const stderr = new BoundedOutput(options.maxOutput, 'tail');
  const timers: NodeJS.Timeout[] = [];
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    kill(group, 'SIGTERM');
    timers.push(setTimeout(() => kill(group, 'SIGKILL'), options.graceMs));
    timers.push(setTimeout(() => closePipes(child), options.graceMs + PIPES_MS));
  };
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout.add(chunk);
    if (stdout.overflowed) stop();
  });
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return new Promise((resolve) => {
    child.once('close', (code, endedBy) => {
      signal.removeEventListener('abort', stop);
      timers.forEach(clearTimeout);
      kill(group, 'SIGKILL');
      if (stdout.overflowed) resolve({ kind: 'overflowed' });
      else resolve({ kind: 'ended', code, signal: endedBy, stdout: stdout.text(), stderr: stderr.text() });
    });
  });
}

function closePipes(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function kill(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** The machine was out of something: the same command may start a moment later. */
const PASSING = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

export function isPassing(error: NodeJS.ErrnoException): boolean {
  return PASSING.has(error.code ?? '');
}

const REASONS: Record<string, string> = {
  ENOENT: 'it is not on the PATH of the server',
  EACCES: 'the server may not run it',
  E2BIG: 'the script is too long for the argument list of a command',
  ERR_INVALID_ARG_VALUE: 'the script or the promise id has a NUL character',
};

/** Why no command could be started, for whoever wrote the script. */
export function unstartableReason(error: NodeJS.ErrnoException): string {
  return `failed to start bash: ${REASONS[error.code ?? ''] ?? error.message}`;
}
