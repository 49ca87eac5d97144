import { randomUUID } from 'node:crypto';
import type { PromiseRecord, TaskRecord } from '@resonate/protocol';
import type { Logger } from '@resonate/observability';
import { Busy, type Outgoing, type PushTransport } from '../transport.ts';
import type { Backend, Ending } from './backend.ts';
import { DockerBackend } from './docker.ts';
import { dockerEnvironment, scriptEnvironment } from './environment.ts';
import { Guard } from './guard.ts';
import { Leases, type Execute } from './leases.ts';
import { LocalBackend } from './local.ts';
import { Semaphore } from './semaphore.ts';
import { scriptOf } from './script.ts';
import { TensorlakeBackend } from './tensorlake.ts';
import { TaskWriter } from './task-writer.ts';
import { verdictOf } from './verdict.ts';

export interface BashOptions {
  execute: Execute;
  logger: Logger;
  /** Length of a lease. */
  ttlMs: number;
  /** How many scripts may run at once. */
  maxRunning: number;
  /** Limit of a script's stdout and stderr, bytes. */
  maxOutput: number;
  /** The environment of this process. */
  env: Readonly<Record<string, string | undefined>>;
  /** Names of further variables that local scripts get. */
  passEnv: readonly string[];
  tensorlake: { apiKey: string | null; apiUrl: string; sandboxUrl: string };
}

/** The longest time between SIGTERM and SIGKILL. It is shorter if leases are short. */
const MAX_GRACE_MS = 3_000;
/**
 * How long a push waits until another script may start. After that the message is released, and another process may
 * claim it.
 */
const START_WAIT_MS = 5_000;
const CLOSED = 'the server is shutting down';
const UNREADABLE = 'param.data is missing or not valid base64/utf-8';

/** A task that this process has acquired, and its promise, from the answer to `task.acquire`. */
interface Acquired {
  task: TaskRecord;
  promise: PromiseRecord;
  /** From `performance.now()`, read before the request was sent. */
  acquiredAt: number;
}

/**
 * Delivers to `bash://`: acquires the task itself, runs the script that its promise contains, and settles the promise
 * with the result. A push ends when the task is acquired; the script continues to run. The number of running scripts is
 * limited. At the limit pushes wait instead of failing. While they wait they keep their slots in the dispatcher, so it
 * does not claim the same messages again and again.
 */
export class BashTransport implements PushTransport {
  readonly name = 'bash';
  readonly #options: BashOptions;
  readonly #pid = `bash-exec-${randomUUID()}`;
  readonly #graceMs: number;
  readonly #scripts: Semaphore;
  readonly #guard: Guard;
  readonly #leases: Leases;
  readonly #writer: TaskWriter;
  /** Renews leases while scripts run. */
  #ticking: NodeJS.Timeout | null = null;
  readonly #running = new Map<Promise<void>, AbortController>();
  #closing = false;

  constructor(options: BashOptions) {
    const { execute, ttlMs, env, logger } = options;
    this.#options = options;
    this.#graceMs = Math.min(MAX_GRACE_MS, Math.floor(ttlMs / 5));
    this.#scripts = new Semaphore(options.maxRunning);
    // Leases are renewed after a third of their time. So the guard kills a frozen process's scripts before its leases expire.
    this.#guard = new Guard({ silenceMs: (ttlMs * 2) / 3 - this.#graceMs, env: dockerEnvironment(env) });
    this.#leases = new Leases({ execute, pid: this.#pid, ttlMs, graceMs: this.#graceMs });
    this.#writer = new TaskWriter(execute, logger);
  }

  async push({ target, message }: Outgoing): Promise<void> {
    if (message.kind === 'unblock') {
      const { id } = message.data.promise;
      this.#options.logger.warn('bash targets accept only execute messages: unblock dropped', { target, promise: id });
      return;
    }
    await this.#scripts.enter(
      START_WAIT_MS,
      new Busy('the maximum number of scripts is running (transports.bash_exec.max_running)'),
    );
    let acquired: Acquired | null = null;
    try {
      acquired = await this.#acquire(message.data.task);
      if (acquired && this.#closing) {
        await this.#writer.release(acquired.task);
        throw new Error(CLOSED);
      }
    } catch (error) {
      this.#scripts.leave();
      throw error;
    }
    if (acquired === null) this.#scripts.leave();
    else this.#start(target, acquired);
  }

  /** Ends all scripts and releases their tasks, so that other workers can acquire them at once. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#scripts.close(new Error(CLOSED));
    for (const stop of this.#running.values()) stop.abort(CLOSED);
    await Promise.all(this.#running.keys());
    await this.#guard.close();
  }

  /** @returns null if there is nothing to run: another worker has the task, or its promise has settled. */
  async #acquire({ id, version }: { id: string; version: number }): Promise<Acquired | null> {
    const { execute, ttlMs } = this.#options;
    const acquiredAt = performance.now();
    const data = { id, version, pid: this.#pid, ttl: ttlMs };
    const reply = await execute({ kind: 'task.acquire', data });
    if (reply.status === 404 || reply.status === 409) return null;
    if (reply.status !== 200) throw new Error(`task.acquire: ${reply.status} ${String(reply.data)}`);
    return { ...(reply.data as { task: TaskRecord; promise: PromiseRecord }), acquiredAt };
  }

  #start(target: string, acquired: Acquired): void {
    const stop = new AbortController();
    const run: Promise<void> = this.#run(target, acquired, stop)
      .catch((error: unknown) => this.#options.logger.error('running a script failed', { target, error }))
      .finally(() => {
        this.#running.delete(run);
        this.#scripts.leave();
        if (this.#running.size > 0 || this.#ticking === null) return;
        clearInterval(this.#ticking);
        this.#ticking = null;
      });
    this.#running.set(run, stop);
    this.#ticking ??= setInterval(() => {
      // If this process froze now, the guard must kill the scripts before their leases end.
      if (this.#leases.areFresh) this.#guard.feed();
      this.#leases.look();
    }, this.#leases.everyMs);
  }

  async #run(target: string, { task, promise, acquiredAt }: Acquired, stop: AbortController): Promise<void> {
    const { logger } = this.#options;
    const about = { target, promise: promise.id };
    const letGo = this.#leases.hold(task, acquiredAt, (why) => stop.abort(why));
    try {
      const ending = await this.#execute(target, promise, stop.signal);
      const verdict = verdictOf(ending);
      if (!stop.signal.aborted) {
        if (verdict) await this.#writer.settle(task, verdict, stop.signal);
        else if (ending.kind === 'lost')
          logger.warn('a script was killed or its state is unknown: it will run again', {
            ...about,
            reason: ending.reason,
          });
      }
      if (!stop.signal.aborted) return;
      logger.info('a script was stopped', { ...about, reason: String(stop.signal.reason) });
      if (this.#closing) await this.#writer.release(task);
    } finally {
      letGo();
    }
  }

  #execute(target: string, promise: PromiseRecord, signal: AbortSignal): Promise<Ending> {
    const script = scriptOf(promise.param.data);
    if (script === null) return Promise.resolve({ kind: 'refused', reason: UNREADABLE });
    const { id: promiseId, createdAt, timeoutAt } = promise;
    return this.#backend(target).run({ promiseId, createdAt, timeoutAt, script }, signal);
  }

  #backend(target: string): Backend {
    const { env, maxOutput, passEnv, tensorlake } = this.#options;
    const common = { maxOutput, graceMs: this.#graceMs, guard: this.#guard };
    const [backend = '', image = ''] = split(target);
    if (backend === 'docker') return new DockerBackend(image, { ...common, env: dockerEnvironment(env) });
    if (backend === 'tensorlake') return new TensorlakeBackend(image, { ...tensorlake, maxOutput });
    return new LocalBackend({ ...common, env: scriptEnvironment(env, passEnv) });
  }
}

/** `docker/library/alpine:3` means the backend `docker` and the image `library/alpine:3`. */
function split(target: string): string[] {
  const slash = target.indexOf('/');
  return slash < 0 ? [target] : [target.slice(0, slash), target.slice(slash + 1)];
}
