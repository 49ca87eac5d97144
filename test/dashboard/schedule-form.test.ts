import { expect, test } from '@jest/globals';
import { formOf, requestOf } from '../../apps/dashboard/src/schedules/schedule-form.ts';
import type { Schedule } from '../../apps/dashboard/src/schedules/schedule.ts';

const CALL = { headers: {}, data: btoa('{"func":"report","args":[1],"version":1}') };
const OTHER = { headers: { 'content-type': 'text/plain' }, data: btoa('nightly') };

function schedule(promiseParam: Schedule['promiseParam']): Schedule {
  return {
    ...{ id: 'nightly', cron: '0 2 * * *', promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: 60_000 },
    ...{ promiseParam, promiseTags: {}, createdAt: 0, nextRunAt: 0 },
  };
}

/** The param of `schedule.update` after changes to the call in the form. */
function paramAfter(before: Schedule, changes: object): unknown {
  const form = formOf(before);
  return requestOf({ ...form, call: { ...form.call, ...changes } }, '', before)['promiseParam'];
}

test('an edited schedule keeps a param that is not a call', () => {
  expect(paramAfter(schedule(OTHER), {})).toEqual(OTHER);
  expect(paramAfter(schedule(OTHER), { args: '[1]' })).toEqual(OTHER);
});

test('an edited schedule without a function has no call any more', () => {
  expect(paramAfter(schedule(CALL), { func: '' })).toEqual({});
});

test('an edited schedule with a function gets a call as its param', () => {
  const { data } = paramAfter(schedule(OTHER), { func: 'report', args: '[2]' }) as { data: string };
  expect(JSON.parse(atob(data))).toMatchObject({ func: 'report', args: [2] });
});
