import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A real server process for tests that never outlives them: its parent is a shell that waits for this process to say
 * stop, or to be gone, however that came about, and then ends the server and deletes its directory.
 */

const SHELL = `
"$@" &
server=$!
read -r order
kill -"$OWNED_SIGNAL" $server 2>/dev/null
wait $server
[ "$order" = keep ] || rm -rf "$OWNED_DIRECTORY"
`;

/** Root may not run a database server; `nobody` exists everywhere. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

export const SERVER_USER = isRoot ? NOBODY : {};

/** A directory that the server's user owns. */
export function serverDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  giveToServer(directory);
  return directory;
}

/** Makes a file or directory the server user's own. */
export function giveToServer(path: string): void {
  if (isRoot) chownSync(path, NOBODY.uid, NOBODY.gid);
}

export interface OwnedServerOptions {
  command: string;
  args: string[];
  /** What the server says on its standard error once it takes connections. */
  ready: RegExp;
  /** What makes it end at once, in good order; INT unless told. KILL for what may end in any order. */
  stopSignal?: 'INT' | 'TERM' | 'KILL';
  /** Whether it runs as the user of the tests, not as `nobody` for root: for what root may run. */
  runAs?: 'nobody' | 'self';
  /** Deleted when the server ends for good. */
  directory: string;
}

export class OwnedServer {
  readonly #options: OwnedServerOptions;
  #shell: ChildProcess | null = null;

  constructor(options: OwnedServerOptions) {
    this.#options = options;
  }

  /** Resolves when the server takes connections. @throws with what it said when it ends before that. */
  async start(): Promise<void> {
    const { command, args, ready, stopSignal = 'INT', runAs = 'nobody', directory } = this.#options;
    const shell = spawn('sh', ['-c', SHELL, 'sh', command, ...args], {
      ...(runAs === 'nobody' && SERVER_USER),
      cwd: directory,
      env: { ...process.env, OWNED_DIRECTORY: directory, OWNED_SIGNAL: stopSignal },
      // A group of its own: an interrupt from the terminal is for the tests, which then stop the server in good order.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#shell = shell;
    await saysReady(shell, ready);
    shell.unref();
    for (const stream of [shell.stdin, shell.stderr]) (stream as unknown as { unref?(): void }).unref?.();
  }

  /** All processes of the server, not the shell. */
  pids(): number[] {
    return this.#shell?.pid ? descendants(this.#shell.pid) : [];
  }

  /** Kills every process of the server at once, as a power cut would. Its directory stays. */
  async kill9(): Promise<void> {
    // Children first: none of them gets to write anything because its parent is gone.
    for (const pid of this.pids().reverse()) killIfThere(pid);
    await this.#end('keep');
  }

  /** Ends the server in good order; `start` begins it anew on the same data. */
  pause(): Promise<void> {
    return this.#end('keep');
  }

  /** Ends the server and deletes its directory. */
  async stop(): Promise<void> {
    await this.#end('delete');
    rmSync(this.#options.directory, { recursive: true, force: true });
  }

  async #end(order: 'keep' | 'delete'): Promise<void> {
    const shell = this.#shell;
    this.#shell = null;
    if (!shell || shell.exitCode !== null) return;
    const ended = new Promise((resolve) => shell.once('exit', resolve));
    shell.ref();
    shell.stdin?.end(`${order}\n`);
    await ended;
  }
}

const START_TIMEOUT_MS = 60_000;

function saysReady(shell: ChildProcess, ready: RegExp): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`${reason}; it said:\n${said.slice(-4_000)}`));
    const timer = setTimeout(() => fail('the server did not get ready'), START_TIMEOUT_MS);
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      if (!ready.test(said)) return;
      clearTimeout(timer);
      shell.stderr?.off('data', listen).resume();
      resolve();
    };
    shell.stderr?.on('data', listen);
    shell.stderr?.once('end', () => {
      clearTimeout(timer);
      fail('the server ended');
    });
  });
}

/** The children of a process and theirs, parents first. */
function descendants(parent: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const of = parentOf(Number(entry));
    if (of !== null) children.set(of, [...(children.get(of) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const visit = (pid: number) => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(parent);
  return found;
}

function parentOf(pid: number): number | null {
  try {
    // "pid (name) state ppid …": the name may hold anything, so look behind its last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
