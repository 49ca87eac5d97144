import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../processes/free-port.ts';
import { RESONATE } from '../processes/server-process.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';

export type RoleName = 'api' | 'scheduler' | 'dispatcher';

const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 60_000;
/** The number of lines that `Spawned` keeps. */
const ALL_LINES = 2_000;

/** One process of a cluster. A test may kill, freeze or stop it, and start it again on the same ports. */
export class RoleProcess {
  readonly role: RoleName;
  /** The URL of an api. */
  readonly url: string;
  /** Base URL of /metrics, /health and /ready. */
  readonly metricsUrl: string;
  readonly #env: Record<string, string>;
  #directory = '';
  #process: Spawned | undefined;
  #isFrozen = false;

  private constructor(role: RoleName, ports: { http: number; metrics: number }, env: Record<string, string>) {
    this.role = role;
    this.url = `http://127.0.0.1:${ports.http}`;
    this.metricsUrl = `http://127.0.0.1:${ports.metrics}`;
    this.#env = {
      ...env,
      RESONATE_SERVER__BIND: '127.0.0.1',
      RESONATE_SERVER__HOST: '127.0.0.1',
      RESONATE_SERVER__PORT: String(ports.http),
      RESONATE_OBSERVABILITY__METRICS_PORT: String(ports.metrics),
      // A dispatcher does not start without this URL. The targets of these tests do not use it.
      RESONATE_SERVER__URL: env['RESONATE_SERVER__URL'] ?? this.url,
    };
  }

  /** Resolves when it is ready. */
  static async start(role: RoleName, env: Record<string, string>): Promise<RoleProcess> {
    const process = new RoleProcess(role, { http: await freePort(), metrics: await freePort() }, env);
    await process.restart();
    return process;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** False when it was killed, stopped, or is frozen. */
  get isRunning(): boolean {
    return (this.#process?.running ?? false) && !this.#isFrozen;
  }

  /** Starts it (again) on its ports. */
  async restart(): Promise<void> {
    // An empty directory, so that no resonate.toml is read.
    this.#directory ||= await mkdtemp(join(tmpdir(), 'resonate-role-'));
    const started = new Spawned(RESONATE, [this.role], this.#env, this.#directory);
    this.#process = started;
    const url = this.role === 'api' ? this.url : this.metricsUrl;
    try {
      await until(`${this.role}: GET /ready answers 200`, READY_WITHIN_MS, async () => {
        if (!started.running) throw new Error('it ended');
        return (await status(`${url}/ready`)) === 200;
      });
    } catch (error) {
      await started.kill9();
      throw new Error(`${String(error)}\n${started.output()}`, { cause: error });
    }
  }

  /** The lines with this message that it has logged since its last start. */
  logged(msg: string): Record<string, unknown>[] {
    const lines = this.#process?.output(ALL_LINES).split('\n') ?? [];
    const marker = `"msg":${JSON.stringify(msg)}`;
    return lines.filter((line) => line.includes(marker)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Whether this scheduler leads, according to its log. */
  get leads(): boolean {
    return this.logged('leading').length > this.logged('no longer the leader').length;
  }

  output(): string {
    return this.#process?.output() ?? '';
  }

  kill9(): Promise<void> {
    this.#isFrozen = false;
    return this.#running().kill9();
  }

  /** Sends SIGSTOP: its connections stay open but get no answers. */
  freeze(): void {
    process.kill(this.#running().pid, 'SIGSTOP');
    this.#isFrozen = true;
  }

  thaw(): void {
    process.kill(this.#running().pid, 'SIGCONT');
    this.#isFrozen = false;
  }

  /** SIGTERM. @returns its exit code. */
  async terminate(): Promise<number | null> {
    return (await this.#running().terminate(STOPPED_WITHIN_MS)).code;
  }

  /** Thaws it or starts it again, if necessary. */
  async heal(): Promise<void> {
    if (this.#isFrozen) this.thaw();
    if (!this.#process?.running) await this.restart();
  }

  async dispose(): Promise<void> {
    await this.#process?.kill9();
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
  }

  #running(): Spawned {
    if (!this.#process?.running) throw new Error(`${this.role} does not run`);
    return this.#process;
  }
}

/** The status that a GET answers. */
export async function status(url: string): Promise<number> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  await answer.body?.cancel();
  return answer.status;
}
