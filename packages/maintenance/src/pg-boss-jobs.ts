import { Loop, type Logger, type Service } from '@resonate/service';
import { postgresDriverUrl } from '@resonate/store';
import type { PgBoss } from 'pg-boss';
import type { Job } from './job.ts';

/** The store's database, as the store itself is told of it. */
interface PostgresTarget {
  url: string;
  connectTimeoutMs: number;
  statementTimeoutMs: number;
}

const SCHEMA = 'resonate_jobs';
const MAX_CONNECTIONS = 2;
/** How soon after a run the next one is put into the queue, and how soon a due one is found. */
const LOOK_EVERY_MS = 2_000;
/** A job whose process has not spoken for so long is given to the next. */
const HEARTBEAT_S = 10;
const SUPERVISE_S = 5;
/** The longest that pg-boss allows: who lives may take its time. */
const LONGEST_RUN_S = 24 * 3_600;
const KEEP_FINISHED_S = 24 * 3_600;
const STOP_MS = 3_000;
/** Each query of an absent database fails: one in so long is told. */
const TELL_EVERY_MS = 10_000;

/** As often as it takes; the queue wants a number. */
const RETRIES = { retryLimit: 1_000, retryDelay: 1, retryBackoff: true, retryDelayMax: 300 };

/**
 * Runs jobs as pg-boss jobs, in the schema `resonate_jobs` of the store's database, as long as this service is started.
 * A queue holds one job, waiting or running, so no two processes run the same one. A job that failed, or whose process
 * died, is run again.
 */
export class PgBossJobs implements Service {
  readonly name = 'maintenance';
  readonly #jobs: readonly Job[];
  readonly #logger: Logger;
  readonly #target: PostgresTarget;
  readonly #loop: Loop;
  #boss: PgBoss | null = null;
  #term = new AbortController();
  #toldAt = -Infinity;

  constructor(jobs: readonly Job[], logger: Logger, target: PostgresTarget) {
    this.#jobs = jobs;
    this.#logger = logger;
    this.#target = target;
    this.#loop = new Loop({
      name: 'maintenance',
      pollIntervalMs: LOOK_EVERY_MS,
      logger,
      step: async () => {
        this.#boss ??= await this.#open();
        for (const { name, everyMs } of jobs) {
          // Nothing happens while the queue holds one.
          await this.#boss.send(name, {}, { startAfter: Math.ceil(everyMs / 1_000) });
        }
        return null;
      },
    });
  }

  /** Doesn't wait for the database: the loop tries until it is there. */
  start(): Promise<void> {
    this.#term = new AbortController();
    return this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#term.abort();
    await this.#loop.stop();
    const boss = this.#boss;
    this.#boss = null;
    await boss?.stop({ graceful: true, timeout: STOP_MS }).catch((error: unknown) => this.#tell(error));
  }

  /** What waits is due at once, as with any new leader: its interval may have been changed. */
  async #open(): Promise<PgBoss> {
    const { PgBoss } = await import('pg-boss');
    const boss = new PgBoss(this.#options());
    boss.on('error', (error) => this.#tell(error));
    try {
      await boss.start();
      for (const job of this.#jobs) await this.#serve(boss, job);
      return boss;
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => {});
      throw error;
    }
  }

  async #serve(boss: PgBoss, { name, run }: Job): Promise<void> {
    const { signal } = this.#term;
    const options = {
      ...RETRIES,
      heartbeatSeconds: HEARTBEAT_S,
      expireInSeconds: LONGEST_RUN_S,
      deleteAfterSeconds: KEEP_FINISHED_S,
    };
    await boss.createQueue(name, { ...options, policy: 'exclusive' });
    await boss.deleteQueuedJobs(name);
    await boss.send(name, {});
    await boss.work(name, { pollingIntervalSeconds: LOOK_EVERY_MS / 1_000 }, async ([job]) => {
      try {
        await run(job ? AbortSignal.any([signal, job.signal]) : signal);
      } catch (error) {
        if (!signal.aborted) this.#logger.error('maintenance failed, it is run again', { job: name, error });
        throw error;
      }
    });
  }

  #options() {
    const { url, connectTimeoutMs, statementTimeoutMs } = this.#target;
    return {
      connectionString: postgresDriverUrl(url),
      schema: SCHEMA,
      application_name: 'resonate',
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: connectTimeoutMs,
      // pg-boss hands what it doesn't know to the driver: a database that has gone silent is noticed.
      query_timeout: statementTimeoutMs,
      keepAlive: true,
      schedule: false,
      superviseIntervalSeconds: SUPERVISE_S,
      monitorIntervalSeconds: SUPERVISE_S,
    };
  }

  #tell(error: unknown): void {
    if (performance.now() - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = performance.now();
    this.#logger.warn('the queue of maintenance jobs has trouble', { error });
  }
}
