import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A separate process that outlives this one. Each line on its standard input shows that this process is alive. The
 * lines also name the process groups and containers that run scripts. It kills all of them when its input ends, because
 * then this process has died. It also kills them when no line arrives for too long, because then this process is frozen
 * and its leases are about to expire.
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
  /**
   * After this time without a line the guard kills all scripts. It must be shorter than a lease.
   */
  silenceMs: number;
  env: Readonly<Record<string, string>>;
}

/**
 * Ensures that no script outlives the process that started it. One guard process serves all scripts. It exists while
 * any script runs.
 */
export class Guard {
  readonly #options: GuardOptions;
  /** Each process group with the name of its container, or an empty name. */
  readonly #groups = new Map<number, string>();
  #process: ChildProcess | null = null;
  /** Guard processes that have not ended yet. */
  readonly #alive = new Set<Promise<void>>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** From now on the guard kills the process group and the container when this process dies. */
  watch(group: number, container = ''): void {
    this.#groups.set(group, container);
    if (this.#process === null) this.#start();
    else this.#send(`+ ${group} ${container}`);
  }

  /** The group and its container have ended. */
  forget(group: number): void {
    this.#groups.delete(group);
    this.#send(`- ${group}`);
    if (this.#groups.size > 0) return;
    // End the guard now instead of waiting for its timeout. Lines that are sent to a guard while it ends would be lost.
    this.#process?.stdin?.end();
    this.#process = null;
  }

  /** Tells the guard that this process is alive. Must be called several times within `silenceMs`. */
  feed(): void {
    if (this.#groups.size === 0) return;
    if (this.#process === null) this.#start();
    else this.#send('.');
  }

  /** Resolves when no guard process is left. Call it only after every group was forgotten. */
  async close(): Promise<void> {
    await Promise.all(this.#alive);
  }

  #start(): void {
    // For `read`, 0 means not to wait at all.
    const seconds = Math.max(1, Math.floor(this.#options.silenceMs)) / 1000;
    // The guard gets its own session, so that a terminal's Ctrl-C does not end it.
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
      // The next `feed` starts another guard and sends it all groups.
      if (this.#process === guard) this.#process = null;
    });
    this.#alive.add(ended);
    // The guard may have ended a moment ago.
    guard.stdin?.on('error', () => undefined);
    for (const [group, container] of this.#groups) this.#send(`+ ${group} ${container}`);
  }

  #send(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}
