import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeOthers } from '../remove-others.ts';

/**
 * Real servers for tests. A server never outlives the test process that started it: its parent is a shell. When the test
 * process tells the shell to stop, or ends for any reason, the shell ends the server and deletes its directory (unless it
 * is told to keep it).
 */

const SHELL = `
"$@" &
server=$!
# Only the server holds standard error from here on, so it closes when the server ends.
exec 2>/dev/null
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
function serverDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  giveToServer(directory);
  return directory;
}

/** Changes the owner of a file or directory to the server's user. */
export function giveToServer(path: string): void {
  if (isRoot) chownSync(path, NOBODY.uid, NOBODY.gid);
}

const OTHERS_MAY_ENTER = 0o001;

/**
 * A folder of programs that the server's user can run. If root has cloned the repository into its home directory, no
 * other user can enter it. Then the folder is copied to the temporary directory, again after each change of the folder.
 * A new copy replaces the earlier ones of the same folder.
 */
export function reachableByServer(folder: string): string {
  if (!isRoot || foldersAbove(folder).every((above) => (statSync(above).mode & OTHERS_MAY_ENTER) !== 0)) return folder;
  const copies = join(tmpdir(), `resonate-programs-${shortHash(folder)}`);
  const copy = `${copies}-${shortHash(String(statSync(folder).mtimeMs))}`;
  if (existsSync(copy)) return copy;
  const unfinished = mkdtempSync(`${copy}-`);
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    // Another process was faster.
    rmSync(unfinished, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  removeOthers(copies, copy);
  return copy;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...foldersAbove(above)];
}

/** A server that ends when the process that started it ends. */
export interface OwnedServer {
  /** Ends the server and deletes its data. */
  stop(): Promise<void>;
  /** Kills all its processes at once. Its writes survive, because only a power cut loses what was not synced. */
  killAll(): Promise<void>;
  /** Starts it again with its data. If it still runs, it is stopped cleanly first. */
  restart(): Promise<void>;
  /** Its processes, to measure or to freeze. */
  pids(): number[];
}

export interface TestServer extends OwnedServer {
  /** Database servers: the URL of a database that always exists. */
  url: string;
}

export interface ServerCommand {
  command: string;
  args: string[];
  /** Matches the line on standard error that says that the server accepts connections. */
  ready: RegExp;
  /** The signal that stops it quickly and cleanly; INT by default. KILL for servers that need no clean stop. */
  stopSignal?: 'INT' | 'TERM' | 'KILL';
  /** Its user if the tests run as root: `nobody` (default), or `self` (root) for programs that root may run. */
  runAs?: 'nobody' | 'self';
}

/**
 * Starts a server in a new directory, which is deleted when the server is stopped. Resolves when the server accepts
 * connections.
 * @param name the beginning of the directory's name, and the server's name in errors.
 * @param prepare puts into the directory what the server needs, and returns how to start it there.
 * @throws the error of `prepare`, or an error with the server's output if it ends before it accepts connections.
 */
export async function startOwned(
  name: string,
  prepare: (directory: string) => ServerCommand | Promise<ServerCommand>,
): Promise<OwnedServer> {
  const directory = serverDirectory(name);
  let server: ServerProcess;
  try {
    server = new ServerProcess(name, await prepare(directory), directory);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    stop: () => server.stop(),
    killAll: () => server.killAll(),
    restart: () => server.restart(),
    pids: () => server.pids(),
  };
}

class ServerProcess implements OwnedServer {
  readonly #name: string;
  readonly #command: ServerCommand;
  readonly #directory: string;
  #shell: ChildProcess | null = null;

  constructor(name: string, command: ServerCommand, directory: string) {
    this.#name = name;
    this.#command = command;
    this.#directory = directory;
  }

  async start(): Promise<void> {
    const { command, args, ready, stopSignal = 'INT', runAs = 'nobody' } = this.#command;
    const shell = spawn('sh', ['-c', SHELL, 'sh', command, ...args], {
      ...(runAs === 'nobody' && SERVER_USER),
      cwd: this.#directory,
      env: { ...process.env, OWNED_DIRECTORY: this.#directory, OWNED_SIGNAL: stopSignal },
      // A separate process group: Ctrl-C in the terminal must reach only the tests, which then stop the server cleanly.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#shell = shell;
    await saysReady(shell, this.#name, ready);
    shell.unref();
    for (const stream of [shell.stdin, shell.stderr]) (stream as unknown as { unref?(): void }).unref?.();
  }

  /** The processes of the server, without the shell. */
  pids(): number[] {
    return this.#shell?.pid ? descendants(this.#shell.pid) : [];
  }

  async killAll(): Promise<void> {
    // Children first, so that none writes anything because its parent has ended.
    for (const pid of this.pids().reverse()) killIfThere(pid);
    await this.#end('keep');
  }

  async restart(): Promise<void> {
    await this.#end('keep');
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#end('delete');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #end(order: 'keep' | 'delete'): Promise<void> {
    const shell = this.#shell;
    this.#shell = null;
    if (!shell || shell.exitCode !== null || shell.signalCode !== null) return;
    const ended = new Promise((resolve) => shell.once('exit', resolve));
    shell.ref();
    shell.stdin?.end(`${order}\n`);
    await ended;
  }
}

const START_TIMEOUT_MS = 60_000;

function saysReady(shell: ChildProcess, name: string, ready: RegExp): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`${reason}; its output:\n${said.slice(-4_000)}`));
    const timer = setTimeout(() => fail(`${name} was not ready within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
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
      fail(`${name} ended before it was ready`);
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
    // "pid (name) state ppid …": the name may contain anything, so read what follows the last parenthesis.
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
