import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promiseEnv, type Backend, type Ending, type ScriptJob } from './backend.ts';
import { runChild } from './child.ts';
import type { Guard } from './guard.ts';
import { endingOf } from './local.ts';

export interface DockerOptions {
  /** The environment of the `docker` command. The container gets none of it. */
  env: Readonly<Record<string, string>>;
  maxOutput: number;
  graceMs: number;
  guard: Guard;
}

/**
 * Registry, path, tag and digest. The first character cannot be a dash, so an image is never taken for an option of
 * `docker run`.
 */
const IMAGE = /^[A-Za-z0-9][\w.\-/:@]*$/;
/** 128 + SIGKILL and 128 + SIGTERM: the exit codes of `docker run` when the container was killed. */
const KILLED = new Set([137, 143]);
/** The exit code of `docker run` when docker itself failed. */
const DOCKER_FAILED = 125;
const NO_DAEMON = /cannot connect to the docker daemon/i;
const REMOVE_WITHIN_MS = 10_000;

/** `bash://docker/IMAGE`: runs the script in its own container. */
export class DockerBackend implements Backend {
  readonly #image: string;
  readonly #options: DockerOptions;

  constructor(image: string, options: DockerOptions) {
    this.#image = image;
    this.#options = options;
  }

  async run(job: ScriptJob, signal: AbortSignal): Promise<Ending> {
    if (!IMAGE.test(this.#image)) return { kind: 'refused', reason: `${this.#image} is not the name of an image` };
    const { env, maxOutput, graceMs, guard } = this.#options;
    const container = `resonate-${randomUUID()}`;
    let group = 0;
    const end = await runChild(
      {
        command: 'docker',
        args: this.#args(job, container),
        env,
        maxOutput,
        graceMs,
        started: (pid) => guard.watch((group = pid), container),
      },
      signal,
    );
    // The daemon runs the container, so killing the `docker` command does not stop it.
    if (signal.aborted || end.kind === 'overflowed' || (end.kind === 'ended' && end.code === null)) {
      await remove(container, env);
    }
    if (group !== 0) guard.forget(group);
    const ending = endingOf(end, maxOutput);
    if (ending.kind !== 'exited') return ending;
    // The daemon may be restarting. Other failures, such as an unknown image, would occur again.
    if (ending.code === DOCKER_FAILED && NO_DAEMON.test(ending.stderr)) return { kind: 'lost', reason: ending.stderr };
    if (!KILLED.has(ending.code)) return ending;
    return { kind: 'lost', reason: `the container was killed (exit code ${ending.code})` };
  }

  #args(job: ScriptJob, container: string): string[] {
    const env = Object.entries(promiseEnv(job)).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const { script } = job;
    return ['run', '--rm', '--name', container, ...env, '--entrypoint', 'bash', this.#image, '-c', script];
  }
}

/** Kills and removes a container. Ignores a container that does not exist and a daemon that does not answer. */
function remove(container: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    execFile('docker', ['rm', '-f', container], { env, timeout: REMOVE_WITHIN_MS }, () => resolve());
  });
}
