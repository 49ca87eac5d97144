import { enabledTransports, type RuntimeWith } from '@resonate/process';

type Context = RuntimeWith<'config' | 'logger' | 'metrics', 'cluster' | 'deadLetters' | 'now'>;

/** Processes that workers' streams connect to. */
const WITH_STREAMS: readonly string[] = ['all', 'api'];

/**
 * Drops `unblock`s for one connection (`poll://uni@GROUP/ID`) whose client has ended and does not return with this id.
 * The time of absence counts only while clients could connect: while this process is the leader, and while a current
 * api process has been running. So a restart of the whole cluster does not drop messages of clients that return.
 */
export class AbsentConnections {
  readonly #runtime: Context;
  /**
   * Since when this process has been the leader without a pause, by the store's clock; null: counting begins at the
   * next call of `drop`.
   */
  #since: number | null = null;
  /** The target at which the last call of `drop` ended. */
  #after = '';

  constructor(runtime: Context) {
    this.#runtime = runtime;
  }

  /** Counts absences from the beginning, because another process was the leader or deliveries were paused. */
  restart(): void {
    this.#since = null;
    this.#after = '';
  }

  /** Checks a limited number of targets. @returns true if there is more to do at once. */
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
