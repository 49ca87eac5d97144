import { StoreUnavailable } from '@resonate/drivers';
import type { Dialect } from './dialect.ts';
import type { Engine } from './engine/engine.ts';

/** Several health checkers may ask many times per second. The database is asked at most this often. */
const PROBE_EVERY_MS = 3_000;
/** The setting that a probe writes. */
const KEY = 'write probe';

/** Checks whether requests can be served: the engine answers, and the database accepts writes. */
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
   * Writes, because reading is not enough: a database may be read-only after a failover, or its disk may be full.
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
      // The callers that await it get the error. Without this, a rejection that no caller awaits would end the process.
      this.#probe.catch(() => {});
    }
    await this.#probe;
  }
}
