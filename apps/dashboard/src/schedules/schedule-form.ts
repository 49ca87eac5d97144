import { argumentsOf, callIn, minutesOf, NEW_CALL, paramOf, TARGET, timeoutMs, type Call } from '../call/call.ts';
import type { Schedule } from './schedule.ts';

const ID = '{{.id}}';

/** The fields of the form of a schedule. */
export interface ScheduleForm {
  id: string;
  cron: string;
  timezone: string;
  overlap: string;
  catchUp: string;
  promiseId: string;
  call: Call;
}

/** What happens to a run that is due while the last one is pending. */
export const OVERLAPS: Readonly<Record<string, string>> = {
  allow: 'start the new run too',
  skip: 'skip the new run',
  cancel: 'cancel the last run',
};

/** What happens to runs that were missed during a downtime. */
export const CATCH_UPS: Readonly<Record<string, string>> = {
  all: 'start all of them late',
  last: 'start only the last one late',
  none: 'skip those more than 60 s late',
};

export const NEW_SCHEDULE: ScheduleForm = {
  id: '',
  cron: '*/5 * * * *',
  timezone: 'UTC',
  overlap: 'allow',
  catchUp: 'all',
  promiseId: `${ID}.{{.timestamp}}`,
  call: NEW_CALL,
};

/** The form of an existing schedule. */
export function formOf(schedule: Schedule): ScheduleForm {
  const { id, cron, timezone = 'UTC', overlap = 'allow', catchUp = 'all', promiseId, promiseTimeout } = schedule;
  const { func, args } = callIn(schedule.promiseParam) ?? { func: '', args: [] };
  const call = {
    func,
    args: JSON.stringify(args),
    target: schedule.promiseTags[TARGET] ?? '',
    timeout: minutesOf(promiseTimeout),
  };
  return { id, cron, timezone, overlap, catchUp, promiseId, call };
}

/** True if the form can be submitted. @param prefix the prefix that ids must have */
export function isComplete({ id, cron, promiseId, call }: ScheduleForm, prefix: string): boolean {
  const isTimed = timeoutMs(call) > 0;
  return id !== '' && id.startsWith(prefix) && cron !== '' && promiseId !== '' && isTimed && argumentsOf(call) !== null;
}

/**
 * `data` for `schedule.create`. With `before`: `data` for `schedule.update`, which keeps everything of `before` that the
 * form does not change.
 * @param prefix the prefix that ids must have
 */
export function requestOf(form: ScheduleForm, prefix: string, before?: Schedule): Record<string, unknown> {
  const { id, cron, timezone, overlap, catchUp, promiseId, call } = form;
  const isSameTimeout = before !== undefined && call.timeout === minutesOf(before.promiseTimeout);
  return {
    id,
    cron,
    // The server requires that the template itself begins with the prefix, so replace {{.id}} by the id.
    promiseId: promiseId.startsWith(prefix) ? promiseId : promiseId.replaceAll(ID, () => id),
    promiseTimeout: isSameTimeout ? before.promiseTimeout : timeoutMs(call),
    promiseTags: tagsOf(call, before),
    promiseParam: paramFor(call, before),
    ...(before && { cronDialect: before.cronDialect ?? 'resonate' }),
    ...(timezone === '' || timezone === 'UTC' ? {} : { timezone }),
    ...(overlap === 'allow' ? {} : { overlap }),
    ...(catchUp === 'all' ? {} : { catchUp }),
  };
}

function tagsOf({ func, target }: Call, before: Schedule | undefined): Schedule['promiseTags'] {
  const others = Object.fromEntries(Object.entries(before?.promiseTags ?? {}).filter(([name]) => name !== TARGET));
  const hasTask = target !== '' && (func !== '' || before !== undefined);
  return hasTask ? { ...others, [TARGET]: target } : others;
}

/** An unchanged param stays as it is, because it may have more than a function and its arguments. */
function paramFor(call: Call, before: Schedule | undefined): Schedule['promiseParam'] {
  const old = before && formOf(before).call;
  if (before && old?.func === call.func && old.args === call.args) return before.promiseParam;
  // A param that is no call has no function in the form. It stays, because the form cannot show it.
  if (call.func === '') return before && old?.func === '' ? before.promiseParam : {};
  return paramOf(call, before && callIn(before.promiseParam)?.version);
}
