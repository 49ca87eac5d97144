import { hostname } from 'node:os';
import { Loop, type Service } from '@resonate/lifecycle';
import type { Runtime } from './runtime.ts';

/** How often a process renews its row. */
const HEARTBEAT_MS = 1_000;

/** A process whose row was not renewed for this long is dead: what it claimed may go to others. */
export const DEAD_AFTER_MS = 5_000;

/**
 * This process's row in the table of who runs. It starts first and stops last. At a clean
 * stop it gives back what it deferred. Each delivery has given back what it could not deliver; what was delivered stays
 * claimed, so that it does not go out again.
 */
export class Membership implements Service {
  readonly name = 'membership';
  readonly #runtime: Runtime;
  readonly #info: { id: string; role: string; version: string; host: string; startedAt: number };
  readonly #loop: Loop;

  constructor(runtime: Runtime, role: string, version: string) {
    const { clock, logger, processId } = runtime;
    this.#runtime = runtime;
    this.#info = { id: processId, role, version, host: hostname(), startedAt: clock.now() };
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
    await this.#renew();
    this.#runtime.leadership.onChange(() => this.#loop.wake());
    await this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    const { logger, processId, store } = this.#runtime;
    try {
      await store.releaseDeferred();
      await store.removeProcesses([processId]);
    } catch (error) {
      // The scheduler does the same once the heartbeat is missed.
      logger.warn('could not sign off', { error });
    }
  }

  async #renew(): Promise<void> {
    const { leadership, stats, store } = this.#runtime;
    await store.heartbeat({ ...this.#info, leader: leadership.held, stats: JSON.stringify(await stats.read()) });
  }
}
