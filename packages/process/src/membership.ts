import { hostname } from 'node:os';
import { Loop, type Service } from '@resonate/lifecycle';
import type { RuntimeWith } from './runtime.ts';

type Context = RuntimeWith<'leadership' | 'logger' | 'processId' | 'stats', 'clock' | 'cluster' | 'outbox'>;

/** How often a process renews its row. */
const HEARTBEAT_MS = 1_000;

/** A process whose row was not renewed for longer than this is dead. */
export const DEAD_AFTER_MS = 5_000;

/** The rows of processes that are dead stay until the reaper has released their messages. @param now epoch ms */
export function isAlive({ heartbeatAt }: { readonly heartbeatAt: number }, now: number): boolean {
  return heartbeatAt >= now - DEAD_AFTER_MS;
}

/**
 * Whether a process is alive, and whether it leads. The row of a leader that died still says that it leads.
 * @param now epoch ms
 */
export function standing(row: { readonly heartbeatAt: number; readonly leader: boolean }, now: number) {
  const alive = isAlive(row, now);
  return { isAlive: alive, leader: row.leader && alive };
}

/**
 * Keeps this process's row in the table of processes, and reads the database's clock with each heartbeat: roles that write
 * no batches would not know it otherwise. It starts before the roles and stops after them. At a clean stop
 * it releases the messages that this process deferred. The senders have already released the messages that they could
 * not deliver. Delivered messages stay claimed, so that they are not sent again.
 */
export class Membership implements Service {
  readonly name = 'membership';
  readonly #runtime: Context;
  readonly #info: { id: string; role: string; version: string; host: string };
  #startedAt = 0;
  readonly #loop: Loop;

  constructor(runtime: Context, role: string, version: string) {
    const { logger, processId } = runtime;
    this.#runtime = runtime;
    this.#info = { id: processId, role, version, host: hostname() };
    this.#loop = new Loop({
      name: this.name,
      pollIntervalMs: HEARTBEAT_MS,
      logger,
      step: async () => {
        await this.#renew();
        return null;
      },
    });
  }

  async start(): Promise<void> {
    this.#startedAt = await this.#runtime.store.clock.read();
    await this.#renew();
    this.#runtime.leadership.onChange(() => this.#loop.wake());
    await this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    const { logger, processId, store } = this.#runtime;
    try {
      await store.outbox.release({ processIds: new Set([processId]), only: 'deferred' });
      await store.cluster.removeProcesses([processId]);
    } catch (error) {
      // Not fatal: the scheduler releases the messages when it notices that the heartbeat has stopped.
      logger.warn('could not remove this process from the table of processes', { error });
    }
  }

  async #renew(): Promise<void> {
    const { leadership, stats, store } = this.#runtime;
    await store.clock.read();
    await store.cluster.heartbeat({
      ...this.#info,
      startedAt: this.#startedAt,
      leader: leadership.held,
      stats: JSON.stringify(await stats.read()),
    });
  }
}
