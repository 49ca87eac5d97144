import { debugSnap, retryAt, type Command } from '@resonate/machine';
import type { Reply, Request } from '@resonate/protocol';
import type { Dialect } from './dialect.ts';
import { fireCommand } from './timers.ts';

export type DebugRequest = Extract<Request, { kind: `debug.${string}` }>;

export interface DebugOptions {
  dialect: Dialect;
  retryTimeoutMs: number;
  serverUrl: () => string;
  submit(command: Command, debugNow: number | null): Promise<Reply>;
}

const PAUSED = 'paused';

/** The debug operations (protocol section 5), which look at the whole database. */
export class Debug {
  readonly #options: DebugOptions;
  #lastPaused = false;

  constructor(options: DebugOptions) {
    this.#options = options;
  }

  /** True after `debug.start`, until `debug.stop`: the background loops of the cluster pause. Asks the database. */
  async isPaused(): Promise<boolean> {
    this.#lastPaused = (await this.#options.dialect.readSetting(PAUSED)) === 'true';
    return this.#lastPaused;
  }

  /** `isPaused` as it was last read or set by this process. */
  get lastPaused(): boolean {
    return this.#lastPaused;
  }

  /** @param debugNow replaces the clock (epoch ms); null: the store's own. */
  async run(request: DebugRequest, debugNow: number | null): Promise<Reply> {
    const { dialect, retryTimeoutMs, serverUrl } = this.#options;
    switch (request.kind) {
      case 'debug.start':
        await this.#setPaused(true);
        return { status: 200, data: {} };
      case 'debug.stop':
        await this.#setPaused(false);
        return { status: 200, data: {} };
      case 'debug.reset':
        await dialect.reset();
        return { status: 200, data: {} };
      case 'debug.snap': {
        const now = debugNow ?? (await dialect.now());
        return debugSnap(await dialect.dump(), { now, retryTimeoutMs }, serverUrl());
      }
      case 'debug.tick':
        await this.#tick(request.data.time);
        return { status: 200, data: [] };
    }
  }

  async #setPaused(paused: boolean): Promise<void> {
    this.#lastPaused = paused;
    await this.#options.dialect.writeSetting(PAUSED, String(paused));
  }

  /** Fires once what is due at `time`: leases and retries, one occurrence per schedule, promise timeouts. */
  async #tick(time: number): Promise<void> {
    const { dialect, retryTimeoutMs, submit } = this.#options;
    const run = async (commands: Command[]) => {
      for (const command of commands) await submit(command, time);
    };
    const rows = await dialect.dump();
    const leases = rows.tasks.filter((task) => task.state === 'acquired' && isDue(task.dueAt, time));
    const retries = rows.tasks.filter((task) => isDue(retryAt(task, retryTimeoutMs), time));
    const schedules = rows.schedules.filter((schedule) => isDue(schedule.nextRunAt, time));
    await run(leases.map(({ id }) => ({ kind: 'timer.lease', data: { id } })));
    await run(retries.map(({ id }) => ({ kind: 'timer.retry', data: { id } })));
    await run(schedules.map(fireCommand));
    // Read again: the timeout of a promise that a schedule just created may have passed already.
    const { promises } = await dialect.dump();
    const expired = promises.filter((promise) => promise.state === 'pending' && isDue(promise.timeoutAt, time));
    await run(expired.map(({ id }) => ({ kind: 'timer.promise', data: { id } })));
  }
}

export function isDebug(request: Request): request is DebugRequest {
  return request.kind.startsWith('debug.');
}

function isDue(at: number | null, time: number): boolean {
  return at !== null && at <= time;
}
