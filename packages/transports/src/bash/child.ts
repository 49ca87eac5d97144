import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { BoundedOutput } from './bounded-output.ts';

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Limit of stdout and of stderr, bytes. */
  maxOutput: number;
  /** Time between SIGTERM and SIGKILL. */
  graceMs: number;
  /** Called with the process group before the command begins. */
  started(group: number): void;
}

export type ChildEnd =
  /** `code` is null if a signal ended it. */
  | { kind: 'ended'; code: number | null; signal: string | null; stdout: string; stderr: string }
  /** It was ended because its stdout was too long. */
  | { kind: 'overflowed' }
  | { kind: 'unstartable'; error: NodeJS.ErrnoException };

/**
 * Waits for a line on file descriptor 3, the gate, before it executes the command. So the guard knows the process group
 * before the command runs. If this process dies before it opens the gate, the command never begins.
 */
const AT_THE_GATE = `
read -r -u 3 open || exit 1
exec 3<&-
command -v "$1" >/dev/null || { echo "failed to start $1: it is not on the PATH of the server" >&2; exit 127; }
exec "$@"
`;

/**
 * A process that left the group may keep the pipes open. This process closes them this long after it killed the group.
 */
const PIPES_MS = 1_000;

/**
 * Runs a command in its own process group until it has ended and its output is closed, then kills the rest of the
 * group. Never rejects.
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
  // The child was killed while it waited.
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
    // All processes of the group have ended.
  }
}

/** Errors for a temporary lack of resources. The same command may start later. */
const TEMPORARY = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

export function isTemporary(error: NodeJS.ErrnoException): boolean {
  return TEMPORARY.has(error.code ?? '');
}

const REASONS: Record<string, string> = {
  ENOENT: 'it is not on the PATH of the server',
  EACCES: 'the server may not run it',
  E2BIG: 'the script is too long for the argument list of a command',
  ERR_INVALID_ARG_VALUE: 'the script or the promise id has a NUL character',
};

/** Why a command could not start, for the author of the script. */
export function unstartableReason(error: NodeJS.ErrnoException): string {
  return `failed to start bash: ${REASONS[error.code ?? ''] ?? error.message}`;
}
