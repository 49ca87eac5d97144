import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { Spawned } from './spawned.ts';
import { until } from './until.ts';

/** The command under test. TEST_RESONATE_BIN names another one, for example that of an installed package. */
export const RESONATE =
  process.env['TEST_RESONATE_BIN'] ?? fileURLToPath(new URL('../../apps/cli/bin/resonate', import.meta.url));

/** Far longer than needed, because machines that run tests are busy. */
const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 60_000;

export interface ServerOptions {
  /** `serve` (default) or `dev`, or a role. */
  command?: string;
  /** Further command line arguments. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** The port of the API, if it is free. Otherwise another port is used. */
  preferredPort?: number;
  /** The `resonate` command of another version. */
  binary?: string;
  /** Storage arguments. By default a new SQLite file in a temporary directory. */
  storage?: readonly string[];
}

/**
 * A real server process with its own port and SQLite file. A test may kill it and start it again on the same port and file.
 * Call `dispose` at the end.
 */
export class ServerProcess {
  readonly url: string;
  readonly metricsUrl: string;
  readonly directory: string;
  readonly #args: readonly string[];
  readonly #env: Record<string, string>;
  readonly #binary: string;
  #process: Spawned | undefined;

  private constructor(directory: string, ports: { api: number; metrics: number }, options: ServerOptions) {
    this.directory = directory;
    this.url = `http://127.0.0.1:${ports.api}`;
    this.metricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`;
    this.#env = options.env ?? {};
    this.#binary = options.binary ?? RESONATE;
    const command = options.command ?? 'serve';
    const ownFile = command === 'dev' ? [] : ['--storage-sqlite-path', join(directory, 'resonate.db')];
    this.#args = [
      command,
      ...['--server-bind', '127.0.0.1', '--server-host', '127.0.0.1', '--server-port', String(ports.api)],
      ...['--observability-metrics-port', String(ports.metrics)],
      ...(options.storage ?? ownFile),
      ...(options.args ?? []),
    ];
  }

  /** Starts a server and waits until GET /ready answers 200. */
  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'resonate-'));
    const ports = { api: await freePort(options.preferredPort), metrics: await freePort() };
    const server = new ServerProcess(directory, ports, options);
    await server.restart();
    return server;
  }

  /** Process id of the running server. */
  get pid(): number {
    return this.#running().pid;
  }

  /** The last lines the server logged. */
  output(lines?: number): string {
    return this.#process?.output(lines) ?? '';
  }

  /** Waits for the first line of its log with this message. It may have been logged already. */
  async logged(msg: string, withinMs = 30_000): Promise<Record<string, unknown>> {
    const isIt = (line: string) => line.includes(`"msg":${JSON.stringify(msg)}`);
    return JSON.parse(await this.#running().line(msg, isIt, withinMs)) as Record<string, unknown>;
  }

  /** Starts it on the same port and file (again). */
  async restart(): Promise<void> {
    if (this.#process?.running) throw new Error('the server is still running');
    const started = new Spawned(this.#binary, this.#args, this.#env);
    this.#process = started;
    try {
      await until('GET /ready answers 200', READY_WITHIN_MS, () => !started.running || answersReady(this.url));
      if (!started.running) throw new Error('it ended');
    } catch (error) {
      await started.kill9();
      throw new Error(`the server did not become ready:\n${started.output()}`, { cause: error });
    }
  }

  /** Sends SIGKILL, which ends it like a crash. */
  async kill9(): Promise<void> {
    await this.#running().kill9();
  }

  /** A clean stop; resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const exit = await this.#running().terminate(STOPPED_WITHIN_MS, signal);
    return exit.code;
  }

  /** Resolves with its exit code when it ends by itself. */
  async ended(): Promise<number | null> {
    return (await this.#running().exited).code;
  }

  /** Ends the server if it still runs and removes its files. */
  async dispose(): Promise<void> {
    await this.#process?.kill9();
    await rm(this.directory, { recursive: true, force: true });
  }

  #running(): Spawned {
    if (this.#process === undefined) throw new Error('the server was not started');
    return this.#process;
  }
}

async function answersReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(10_000) });
  await answer.body?.cancel();
  return answer.status === 200;
}
