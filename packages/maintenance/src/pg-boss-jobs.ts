import { Primary } from '@resonate/drivers/postgres';
import { type Clock, Loop, type Service } from '@resonate/lifecycle';
import { atMostEvery, type Logger } from '@resonate/observability';
import type { PgBoss } from 'pg-boss';
import type { Job } from './job.ts';
import { type JobsSchema, postgresJobsSchema } from './jobs-schema.ts';

/** The store's database, with the store's settings. */
interface PostgresTarget {
  url: string;
  connectTimeoutMs: number;
  statementTimeoutMs: number;
}

interface Context {
  logger: Logger;
  target: PostgresTarget;
  /** Identifies this process in the jobs that it queues. */
  processId: string;
  /** Whether the heartbeat of a process is recent. */
  isProcessAlive(processId: string): Promise<boolean>;
  /** The store's clock. The due times of jobs refer to it. */
  clock: Clock;
}

interface Sent {
  /** The process that queued the job. No other process may run it. */
  by: string;
}

const MAX_CONNECTIONS = 2;
/** How often to queue the due jobs. */
const LOOK_EVERY_MS = 2_000;
/** pg-boss gives up a job whose process sent no heartbeat for this long. It does not allow a shorter time. */
const HEARTBEAT_S = 10;
const SUPERVISE_S = 5;
/** The longest run that pg-boss allows. A job may run for long as long as its process is alive. */
const LONGEST_RUN_S = 24 * 3_600;
/**
 * pg-boss keeps finished entries, which are not needed: `JobRuns` has the last run. They are deleted soon, because more than
 * `MAX_ENTRIES` would hide the entry that runs.
 */
const KEEP_FINISHED_S = 60;
const DELETE_EVERY_S = 600;
/** How many entries of a queue are looked at, the oldest first. Only one of them is not finished. */
const MAX_ENTRIES = 10_000;
const STOP_MS = 3_000;
/** At most one log line in this time, because every query fails while the database is unreachable. */
const LOG_EVERY_MS = 10_000;

/** Practically unlimited retries; pg-boss needs a number. */
const RETRIES = { retryLimit: 1_000, retryDelay: 1, retryBackoff: true, retryDelayMax: 300 };

/**
 * Runs jobs as pg-boss jobs in the store's database (see `postgresJobsSchema`) while this service is started. Each job
 * has a queue, which holds at most one entry, waiting or running. So no two processes run the same job. A failed job
 * runs again. The entry of a dead process is canceled and queued again.
 */
export class PgBossJobs implements Service {
  readonly name = 'maintenance';
  readonly #jobs: readonly Job[];
  readonly #context: Context;
  readonly #primary: Primary;
  readonly #loop: Loop;
  readonly #logError: (error: unknown) => void;
  /** The worker of each queue. */
  readonly #workers = new Map<string, string>();
  #boss: PgBoss | null = null;
  #term = new AbortController();

  constructor(jobs: readonly Job[], context: Context) {
    this.#jobs = jobs;
    this.#context = context;
    this.#primary = new Primary(context.target);
    this.#logError = atMostEvery(LOG_EVERY_MS, (error) =>
      context.logger.warn('error in the queue of maintenance jobs', { error }),
    );
    this.#loop = new Loop({
      name: 'maintenance',
      pollIntervalMs: LOOK_EVERY_MS,
      logger: context.logger,
      clock: context.clock,
      step: () => this.#look(),
    });
  }

  /** Does not wait for the database. The loop tries until it is reachable. */
  start(): Promise<void> {
    this.#term = new AbortController();
    return this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#term.abort();
    await this.#loop.stop();
    const boss = this.#boss;
    this.#boss = null;
    await boss?.stop({ graceful: true, timeout: STOP_MS }).catch(this.#logError);
  }

  /** Queues the due jobs. @returns when the next job is due. */
  async #look(): Promise<number | null> {
    const boss = (this.#boss ??= await this.#open());
    const { clock } = this.#context;
    let next: number | null = null;
    for (const job of this.#jobs) {
      const dueAt = await job.dueAt();
      if (dueAt !== null && dueAt > clock.now()) next = Math.min(next ?? Infinity, dueAt);
      else if (dueAt !== null) await this.#send(boss, job.name);
    }
    return next;
  }

  /** Does nothing while the queue holds a job of a living process. */
  async #send(boss: PgBoss, name: string): Promise<void> {
    const send = () => boss.send(name, { by: this.#context.processId } satisfies Sent);
    const id = (await send()) ?? ((await this.#clear(boss, name)) ? await send() : null);
    const worker = this.#workers.get(name);
    // Wake the worker, so that it does not wait for its next poll.
    if (id !== null && worker !== undefined) boss.notifyWorker(worker);
  }

  /** Cancels the jobs of dead processes, because pg-boss would do it later. @returns whether there were any. */
  async #clear(boss: PgBoss, name: string): Promise<boolean> {
    const { processId, isProcessAlive, logger } = this.#context;
    const left = (await boss.findJobs<Sent>(name, { limit: MAX_ENTRIES })).filter(({ state }) =>
      ['created', 'retry', 'active'].includes(state),
    );
    let cleared = false;
    for (const { id, data } of left) {
      if (data.by === processId || (await isProcessAlive(data.by))) continue;
      await boss.cancel(name, id);
      logger.info('canceled the maintenance job of a dead process', { job: name, process: data.by });
      cleared = true;
    }
    return cleared;
  }

  async #open(): Promise<PgBoss> {
    const { PgBoss } = await import('pg-boss');
    const { statementTimeoutMs } = this.#context.target;
    const boss = new PgBoss(this.#options(await postgresJobsSchema(this.#primary, statementTimeoutMs)));
    boss.on('error', this.#logError);
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
    const { logger, processId } = this.#context;
    const { signal } = this.#term;
    const options = {
      ...RETRIES,
      heartbeatSeconds: HEARTBEAT_S,
      expireInSeconds: LONGEST_RUN_S,
      deleteAfterSeconds: KEEP_FINISHED_S,
    };
    await boss.createQueue(name, { ...options, policy: 'exclusive' });
    await boss.deleteQueuedJobs(name);
    const worker = await boss.work<Sent>(name, { pollingIntervalSeconds: LOOK_EVERY_MS / 1_000 }, async ([job]) => {
      // Skip a job that a former leader queued. Other processes look at the heartbeat of the process in `by`, so it must
      // be the process that runs the job.
      if (job?.data.by !== processId) return;
      try {
        await run(AbortSignal.any([signal, job.signal]));
      } catch (error) {
        if (!signal.aborted) logger.error('a maintenance job failed and will run again', { job: name, error });
        throw error;
      }
    });
    this.#workers.set(name, worker);
  }

  #options({ schema, isMissing }: JobsSchema) {
    const { connectTimeoutMs, statementTimeoutMs } = this.#context.target;
    return {
      schema,
      // CREATE SCHEMA needs a privilege even if the schema exists.
      createSchema: isMissing,
      application_name: 'resonate',
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: connectTimeoutMs,
      // pg-boss passes unknown options to the driver.
      Client: this.#primary.Client,
      // With this option the driver notices that the database stopped answering.
      query_timeout: statementTimeoutMs,
      schedule: false,
      superviseIntervalSeconds: SUPERVISE_S,
      monitorIntervalSeconds: SUPERVISE_S,
      maintenanceIntervalSeconds: DELETE_EVERY_S,
    };
  }
}
