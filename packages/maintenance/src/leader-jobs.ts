import { type Clock, Loop, type Service } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import type { Job } from './job.ts';

/** How often to check whether a job is wanted. */
const LOOK_EVERY_MS = 2_000;

/** Runs jobs while this service is started. Only the leader starts it. A job that fails runs again later. */
export class LeaderJobs implements Service {
  readonly name = 'maintenance';
  readonly #jobs: readonly Job[];
  readonly #logger: Logger;
  readonly #clock: Clock;
  #loops: Loop[] = [];
  #term = new AbortController();

  /** @param clock the store's clock. The due times of jobs refer to it. */
  constructor(jobs: readonly Job[], logger: Logger, clock: Clock) {
    this.#jobs = jobs;
    this.#logger = logger;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    const { signal } = (this.#term = new AbortController());
    this.#loops = this.#jobs.map(
      (job) =>
        new Loop({
          name: job.name,
          pollIntervalMs: LOOK_EVERY_MS,
          logger: this.#logger,
          clock: this.#clock,
          step: async () => {
            const dueAt = await job.dueAt();
            if (dueAt === null || dueAt > this.#clock.now()) return dueAt;
            await job.run(signal);
            return signal.aborted ? null : job.dueAt();
          },
        }),
    );
    for (const loop of this.#loops) await loop.start();
  }

  async stop(): Promise<void> {
    this.#term.abort();
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }
}
