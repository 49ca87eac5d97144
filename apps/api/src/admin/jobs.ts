import type { Jobs, RedriveProgress } from '@resonate/admin';
import { isAlive, type RuntimeWith } from '@resonate/process';
import { JOBS, type JobRun, type RedriveOrder } from '@resonate/store';
import { Refusal } from '../http/refusal.ts';
import type { Handlers } from './mount.ts';

/** The endpoints for maintenance jobs and for ordering a bulk redrive. */
export function jobHandlers({
  store,
}: RuntimeWith<never, 'cluster' | 'now' | 'upkeep'>): Pick<Handlers, 'jobs' | 'orderRedrive' | 'redriveOrder'> {
  return {
    async jobs() {
      const now = await store.now();
      const processes = await store.cluster.processes();
      const alive = processes.filter((row) => isAlive(row, now)).map(({ id }) => id);
      const runs = await Promise.all(JOBS.map(async (name) => ({ name, run: await store.upkeep.jobs.lastRun(name) })));
      return { now, jobs: runs.flatMap(({ name, run }) => (run ? [jobOf(name, run, alive)] : [])) };
    },
    async orderRedrive({ body: { transport, target } }, { prefix }) {
      const order = await store.upkeep.bulkRedrive.order({
        ...(transport ? { transport } : {}),
        ...(target !== undefined ? { target } : {}),
        ...(prefix === '' ? {} : { prefix }),
      });
      if (order === null) throw new Refusal(409, 'Another redrive is still running');
      return answerOf(order);
    },
    async redriveOrder({ params: { id } }, { prefix }) {
      const order = await store.upkeep.bulkRedrive.current();
      if (order?.id !== id || !(order.filter.prefix ?? '').startsWith(prefix)) {
        throw new Refusal(404, 'There is no such redrive, or a later one replaced it');
      }
      return answerOf(order);
    },
  };
}

function jobOf(name: string, run: JobRun, alive: readonly string[]): Jobs['jobs'][number] {
  const { by, startedAt, endedAt, error, done } = run;
  const ended = error === null ? 'done' : 'failed';
  const state = endedAt === null ? (alive.includes(by) ? 'running' : 'lost') : ended;
  return { name, state, by, startedAt, done, ...(endedAt !== null && { endedAt }), ...(error !== null && { error }) };
}

function answerOf({ id, orderedAt, endedAt, redriven }: RedriveOrder): RedriveProgress {
  return { redrive: { id, orderedAt, redriven, ...(endedAt !== null && { endedAt }) } };
}
