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

/** Sees to it that no script outlives the process that started it. One for all scripts; it runs while any of them does. */
export class Guard {
  readonly #options: GuardOptions;
  /** Process groups with the name of the container that goes with them, empty for none. */
  readonly #groups = new Map<number, string>();
  #process: ChildProcess | null = null;

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
  }

  /** A sign of life; to be given several times within `silenceMs`. */
  feed(): void {
    if (this.#groups.size === 0) return;
    if (this.#process === null) this.#start();
    else this.#send('.');
  }

  /** Ends the guard; resolves when it is gone. */
  async close(): Promise<void> {
    const guard = this.#process;
    if (guard === null) return;
    const gone = new Promise<void>((resolve) => guard.once('close', () => resolve()));
    guard.stdin?.end();
    await gone;
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
    // It ends by itself when it was silent for long; whoever runs then is told to the next one.
    const gone = () => {
      if (this.#process === guard) this.#process = null;
    };
    guard.on('exit', gone);
    guard.on('error', gone);
    guard.stdin?.on('error', gone);
    this.#process = guard;
    for (const [group, container] of this.#groups) this.#send(`+ ${group} ${container}`);
  }

  #send(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}
