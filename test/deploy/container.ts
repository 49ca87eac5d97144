import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../processes/free-port.ts';
import { Spawned, type Exit } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import type { Image } from './image.ts';

const READY_WITHIN_MS = 60_000;

export interface ContainerSpec {
  name: string;
  /** Appended to the image's entrypoint. */
  args: readonly string[];
  env: Record<string, string>;
}

/**
 * Runs a container as a plain process: with the image's files and entrypoint, the command and environment of the manifest,
 * and an empty working directory. Only the ports and the address on which it listens are replaced.
 */
export class Container {
  readonly name: string;
  readonly ports: { http: number; metrics: number };
  readonly #process: Spawned;
  readonly #env: Record<string, string>;
  readonly #directory: string;

  private constructor(image: Image, spec: ContainerSpec, ports: { http: number; metrics: number }) {
    this.name = spec.name;
    this.ports = ports;
    this.#directory = mkdtempSync(join(tmpdir(), 'container-'));
    this.#env = {
      ...image.env(),
      ...spec.env,
      RESONATE_SERVER__BIND: '127.0.0.1',
      RESONATE_SERVER__PORT: String(ports.http),
      RESONATE_OBSERVABILITY__METRICS_PORT: String(ports.metrics),
    };
    const inDirectory = ['-c', 'cd "$0" && exec "$@"', this.#directory, ...image.command(spec.args)];
    this.#process = new Spawned('sh', inDirectory, this.#env);
  }

  static async start(image: Image, spec: ContainerSpec): Promise<Container> {
    return new Container(image, spec, { http: await freePort(), metrics: await freePort() });
  }

  /** Resolves when GET `path` on the port answers 200. @throws after a time limit, with the last lines of the log. */
  async answers(port: 'http' | 'metrics', path: string): Promise<void> {
    const url = `http://127.0.0.1:${this.ports[port]}${path}`;
    try {
      await until(`${this.name}: 200 for GET ${path} on ${port}`, READY_WITHIN_MS, async () => {
        if (!this.#process.running) throw new Error('it ended');
        const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
        await answer.body?.cancel();
        return answer.status === 200;
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${this.output()}`, { cause: error });
    }
  }

  /** Runs the command of a health check in the environment of the container. @returns its exit code. */
  check([command = '', ...args]: readonly string[]): Promise<number> {
    return new Promise((resolve) => {
      const options = { cwd: this.#directory, env: this.#env, timeout: 60_000 };
      execFile(command, args, options, (error) => resolve(error === null ? 0 : Number(error.code ?? 1)));
    });
  }

  /** The files in its working directory. */
  files(): string[] {
    return readdirSync(this.#directory);
  }

  output(): string {
    return this.#process.output();
  }

  kill9(): Promise<void> {
    return this.#process.kill9();
  }

  /** Sends SIGTERM, as an orchestrator does. @throws if it takes longer than `graceMs`. */
  terminate(graceMs: number): Promise<Exit> {
    return this.#process.terminate(graceMs);
  }

  async remove(): Promise<void> {
    await this.#process.kill9();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
