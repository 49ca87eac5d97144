import { errorText } from '@resonate/drivers';
import type { RuntimeWith } from '@resonate/process';
import type { JobRun } from '@resonate/store';
import type { Duty, Job } from './job.ts';

type Context = RuntimeWith<'metrics' | 'processId', 'now' | 'upkeep'>;

/**
 * Makes a Job of a duty. Each run is counted and recorded in the database, where all processes see it. If a run failed
 * or its process died, the job is due again at once.
 */
export function recorded({ name, when, run }: Duty, { metrics, processId, store }: Context): Job {
  return {
    name,
    async dueAt() {
      if ('isWanted' in when) return (await when.isWanted()) ? 0 : null;
      const last = await store.upkeep.jobs.lastRun(name);
      if (last === null || last.endedAt === null || last.error !== null) return 0;
      // A run that ended in the future was recorded while the clock was ahead. When it really ended is not known.
      return last.endedAt > (await store.now()) ? 0 : last.endedAt + when.everyMs;
    },
    async run(signal) {
      const begun: JobRun = { by: processId, startedAt: await store.now(), endedAt: null, error: null, done: {} };
      const end = async (outcome: Partial<JobRun>) =>
        store.upkeep.jobs.record(name, { ...begun, endedAt: await store.now(), ...outcome });
      await store.upkeep.jobs.record(name, begun);
      metrics.maintenanceRunning.set({ name }, 1);
      try {
        const done = await run(signal);
        // Recorded as an error, so that the next leader continues at once.
        if (signal.aborted) {
          await end({ done, error: 'the run was stopped before it finished' });
          return;
        }
        await end({ done });
        metrics.maintenanceRuns.inc({ name, outcome: 'done' });
        metrics.maintenanceLastRun.set({ name }, (await store.now()) / 1_000);
      } catch (error) {
        metrics.maintenanceRuns.inc({ name, outcome: 'failed' });
        // If the database itself failed, the error cannot be recorded, so ignore that.
        await end({ error: errorText(error) }).catch(() => {});
        throw error;
      } finally {
        metrics.maintenanceRunning.set({ name }, 0);
      }
    },
  };
}
