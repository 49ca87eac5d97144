import { enabledTransports, type RuntimeWith } from '@resonate/process';

type Context = RuntimeWith<'config' | 'logger' | 'metrics', 'cluster' | 'deadLetters' | 'now'>;

/** Processes that workers' streams connect to. */
const WITH_STREAMS: readonly string[] = ['all', 'api'];

/**
 * Drops `unblock`s for one connection (`poll://uni@GROUP/ID`) whose client has ended and does not come back under this
 * id. An absence counts only while clients could connect: while this process leads, and while an api process that runs
 * now has been running. So a restart of the whole cluster drops nothing that a client comes back for.
 */
export class AbsentConnections {
  readonly #runtime: Context;
  /** Since when this process has led without a pause, by the store's clock; null: from the next look on. */
  #since: number | null = null;
  /** The target that the last look ended with. */
  #after = '';

  constructor(runtime: Context) {
    this.#runtime = runtime;
  }

  /** Absences are counted anew: another process led, or deliveries were paused. */
  restart(): void {
    this.#since = null;
    this.#after = '';
  }

  /** One small piece of it. @returns true when there is more to do at once. */
  async drop(): Promise<boolean> {
    const { config, logger, metrics, store } = this.#runtime;
    if (!enabledTransports(config).includes('poll')) return false;
    const { uniMaxAgeMs } = config.messages;
    const now = await store.now();
    this.#since ??= now;
    if (now - this.#since <= uniMaxAgeMs || !(await this.#couldConnectSince(now - uniMaxAgeMs))) return false;
    const { count, next } = await store.deadLetters.dropAbsent(uniMaxAgeMs, this.#after);
    this.#after = next ?? '';
    if (count > 0) {
      metrics.unblocksDropped.inc(count);
      logger.info('dropped unblocks for connections that did not come back', { count, afterMs: uniMaxAgeMs });
    }
    return next !== null;
  }

  async #couldConnectSince(time: number): Promise<boolean> {
    const processes = await this.#runtime.store.cluster.processes();
    return processes.some(({ role, startedAt }) => WITH_STREAMS.includes(role) && startedAt < time);
  }
}
