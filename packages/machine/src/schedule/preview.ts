import { MAX_TIME } from '@resonate/protocol';
import { ok, SCHEDULE_NOT_FOUND, type OperationOf } from '../operation.ts';
import { nextRunAfter } from '../rules/run.ts';

const DEFAULT_LIMIT = 10;

/** The next occurrences of a schedule after now; none while it is paused. */
export const schedulePreview: OperationOf<'schedule.preview'> = {
  needs: ({ id }, needs) => needs.schedule(id),

  run(ws, { id, limit = DEFAULT_LIMIT }, { now }) {
    const schedule = ws.schedules.get(id);
    if (!schedule) return SCHEDULE_NOT_FOUND;
    const runs: number[] = [];
    for (let at = nextRunAfter(schedule, now); at < MAX_TIME && runs.length < limit; at = nextRunAfter(schedule, at)) {
      runs.push(at);
    }
    return ok({ runs });
  },
};
