import { StoreUnavailable, type Dialect } from './dialect.ts';
import type { Engine } from './engine/engine.ts';

/** Health checks may come many times per second from several probers; the database is asked at most this often. */
const PROBE_EVERY_MS = 3_000;
/** The row that a probe writes. */
const KEY = 'write probe';

/** Whether requests can be served: the engine answers, and the database takes writes. */
export class Readiness {
  readonly #dialect: Pick<Dialect, 'writeSetting' | 'answersWithinMs'>;
  readonly #engine: Pick<Engine, 'silentMs'>;
  #probedAt = -Infinity;
  #probe: Promise<void> = Promise.resolve();

  constructor(dialect: Pick<Dialect, 'writeSetting' | 'answersWithinMs'>, engine: Pick<Engine, 'silentMs'>) {
    this.#dialect = dialect;
    this.#engine = engine;
  }

  /**
   * A write proves what a read can't: a database may be read-only after a failover, or its disk may be full.
   * @throws StoreUnavailable, or the database's error.
   */
  async check(): Promise<void> {
    const { silentMs } = this.#engine;
    if (silentMs > this.#dialect.answersWithinMs) {
      throw new StoreUnavailable(`requests have been waiting for ${Math.round(silentMs)} ms and none was answered`);
    }
    const now = performance.now();
    if (now - this.#probedAt >= PROBE_EVERY_MS) {
      this.#probedAt = now;
      this.#probe = this.#dialect.writeSetting(KEY, String(Math.floor(now)));
      // Whoever checks is told; the promise itself may be looked at by nobody.
      this.#probe.catch(() => {});
    }
    await this.#probe;
  }
}
