import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A process beside this one that outlives it. Each line on its standard input is a sign of life; the lines say which
 * process groups, and which containers, run scripts. When the input ends (this process died, however that came), or is
 * silent for too long (it is frozen, and its leases are ending), all of them are killed.
 */
const PROGRAM = `
while read -r -t "$1" sign group container; do
  case $sign in
    +) groups[group]=1; containers[group]=$container ;;
    -) unset "groups[group]" "containers[group]" ;;
  esac
done
for group in "\${!groups[@]}"; do kill -KILL -- "-$group"; done
for container in "\${containers[@]}"; do [ -n "$container" ] && docker rm -f "$container"; done
`;

export interface GuardOptions {
  /** After this much silence everything is killed: whole seconds below the lease's length. */
  silenceMs: number;
  env: Readonly<Record<string, string>>;
}

/** Sees to it that no script outlives the process that started it. One guard for all scripts; it is there while any runs. */
export class Guard {
  readonly #options: GuardOptions;
  /** Process groups with the name of the container that goes with them, empty for none. */
  readonly #groups = new Map<number, string>();
  #process: ChildProcess | null = null;
  /** Those that have not ended yet. */
  readonly #alive = new Set<Promise<void>>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** From now on the process group, and the container, end with this process. */
  watch(group: number, container = ''): void {
    this.#groups.set(group, container);
    if (this.#process === null) this.#start();
    else this.#send(`+ ${group} ${container}`);
  }

  /** The group has ended, and its container with it. */
  forget(group: number): void {
    this.#groups.delete(group);
    this.#send(`- ${group}`);
    if (this.#groups.size > 0) return;
    // Not left to its silence: what is told to a guard while it ends would be told to nobody.
    this.#process?.stdin?.end();
    this.#process = null;
  }

  /** A sign of life; to be given several times within `silenceMs`. */
  feed(): void {
    if (this.#groups.size === 0) return;
    if (this.#process === null) this.#start();
    else this.#send('.');
  }

  /** Resolves when no guard is left. There must be nothing to watch any more. */
  async close(): Promise<void> {
    await Promise.all(this.#alive);
  }

  #start(): void {
    const seconds = Math.max(1, Math.floor(this.#options.silenceMs / 1000));
    // In a session of its own, so that a terminal's Ctrl-C leaves it alone.
    const guard: ChildProcess = spawn('bash', ['-c', PROGRAM, 'resonate-guard', String(seconds)], {
      cwd: '/',
      env: this.#options.env,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#process = guard;
    const ended = new Promise<void>((resolve) => {
      guard.once('exit', () => resolve());
      guard.once('error', () => resolve());
    }).then(() => {
      this.#alive.delete(ended);
      // The next sign of life starts another one, which is told of all that still run.
      if (this.#process === guard) this.#process = null;
    });
    this.#alive.add(ended);
    // It ended a moment ago.
    guard.stdin?.on('error', () => undefined);
    for (const [group, container] of this.#groups) this.#send(`+ ${group} ${container}`);
  }

  #send(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}
