import { Loop, type Logger, type Service } from '@resonate/service';
import type { Job } from './job.ts';

/** Runs jobs in the process that leads, as long as this service is started. One that fails is run again after a while. */
export class LeaderJobs implements Service {
  readonly name = 'maintenance';
  readonly #jobs: readonly Job[];
  readonly #logger: Logger;
  #loops: Loop[] = [];
  #term = new AbortController();

  constructor(jobs: readonly Job[], logger: Logger) {
    this.#jobs = jobs;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    const { signal } = (this.#term = new AbortController());
    this.#loops = this.#jobs.map(
      ({ name, everyMs, run }) =>
        new Loop({
          name,
          pollIntervalMs: everyMs,
          logger: this.#logger,
          step: async () => {
            await run(signal);
            return null;
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
