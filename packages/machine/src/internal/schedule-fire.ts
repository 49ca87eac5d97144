import { MAX_TIME, nextOccurrence, TAG } from '@resonate/protocol';
import type { Needs } from '../needs.ts';
import { ok, type Operation } from '../operation.ts';
import type { ScheduleRow } from '../rows.ts';
import { after } from '../rules/expiry.ts';
import { bear, type NewPromise } from '../rules/birth.ts';

/** One occurrence of a schedule, as the scheduler read it. */
export interface Occurrence {
  id: string;
  at: number;
  /** The promise it makes: named here because its row must be loaded before the schedule's is. */
  promiseId: string;
}

/**
 * Fires one occurrence (protocol section 5). Only when it still is the schedule's next one and has come: so each
 * occurrence makes exactly one promise, whoever else tries.
 */
export const scheduleFire: Operation<Occurrence> = {
  needs({ id, promiseId }: Occurrence, needs: Needs) {
    needs.schedule(id);
    needs.promise(promiseId);
  },

  run(ws, { id, at, promiseId }, { now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule || schedule.nextRunAt !== at || now < at || occurrencePromiseId(schedule, at) !== promiseId) {
      return ok({ fired: false });
    }
    if (!ws.promises.get(promiseId)) bear(ws, occurrence(schedule, at, promiseId), at);
    const nextRunAt = nextOccurrence(schedule, at) ?? MAX_TIME;
    ws.schedules.put({ ...schedule, lastRunAt: at, nextRunAt });
    return ok({ fired: true });
  },
};

export function occurrencePromiseId(schedule: Pick<ScheduleRow, 'id' | 'promiseId'>, at: number): string {
  return schedule.promiseId.replaceAll('{{.id}}', () => schedule.id).replaceAll('{{.timestamp}}', () => String(at));
}

function occurrence(schedule: ScheduleRow, at: number, promiseId: string): NewPromise {
  return {
    id: promiseId,
    timeoutAt: after(at, schedule.promiseTimeout),
    param: schedule.promiseParam,
    tags: {
      ...schedule.promiseTags,
      [TAG.schedule]: schedule.id,
      [TAG.origin]: promiseId,
      [TAG.branch]: promiseId,
      [TAG.parent]: promiseId,
      [TAG.prefix]: promiseId,
    },
  };
}
