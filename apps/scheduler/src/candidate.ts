import { Loop, type Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';
import type { Leadership } from '@resonate/store';

type Context = RuntimeWith<'leadership' | 'logger', 'cluster'>;

/**
 * How often a standby tries to become the leader, with one statement. It is also the longest time without a leader
 * after one resigns.
 */
const ELECTION_INTERVAL_MS = 200;

const ROLE = 'scheduler';

/**
 * Stands for election, and runs the leader's services while this process is the leader. When it loses the leadership,
 * it stops them and becomes a standby.
 */
export class Candidate implements Service {
  readonly name = 'scheduler';
  readonly #runtime: Context;
  readonly #leaderServices: readonly Service[];
  readonly #election: Loop;
  #leadership: Leadership | null = null;

  constructor(runtime: Context, leaderServices: readonly Service[]) {
    this.#runtime = runtime;
    this.#leaderServices = leaderServices;
    this.#election = new Loop({
      name: 'election',
      pollIntervalMs: ELECTION_INTERVAL_MS,
      logger: runtime.logger,
      step: () => this.#stand(),
    });
  }

  start(): Promise<void> {
    return this.#election.start();
  }

  /** Stops the services and releases the leadership, so that a standby can take over at once. */
  async stop(): Promise<void> {
    await this.#election.stop();
    const leadership = this.#leadership;
    await this.#resign();
    await leadership?.release();
  }

  async #stand(): Promise<null> {
    if (this.#leadership?.ended.aborted) {
      this.#runtime.logger.warn('no longer the leader', { role: ROLE });
      await this.#resign();
    }
    if (this.#leadership) return null;
    const leadership = await this.#runtime.store.cluster.elect(ROLE);
    if (!leadership) return null;
    this.#leadership = leadership;
    this.#runtime.leadership.set(true);
    this.#runtime.logger.info('leading', { role: ROLE });
    leadership.ended.addEventListener('abort', () => this.#election.wake(), { once: true });
    for (const service of this.#leaderServices) await service.start();
    return null;
  }

  async #resign(): Promise<void> {
    if (!this.#leadership) return;
    this.#leadership = null;
    this.#runtime.leadership.set(false);
    for (const service of this.#leaderServices) await service.stop();
  }
}
