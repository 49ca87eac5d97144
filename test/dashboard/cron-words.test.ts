import { expect, test } from '@jest/globals';
import { inWords, type CronDialect } from '../../apps/dashboard/src/schedules/cron-words.ts';

test.each<[cron: string, resonate: string | null, unix: string | null]>([
  ['0 9 * * 2', 'At 09:00, only on Monday', 'At 09:00, only on Tuesday'],
  ['0 9 * * 7', 'At 09:00, only on Saturday', 'At 09:00, only on Sunday'],
  ['0 9 * * MON-FRI', 'At 09:00, Monday through Friday', 'At 09:00, Monday through Friday'],
  ['0 9 1 * FRI', 'At 09:00, on day 1 of the month, only on Friday', 'At 09:00, on day 1 of the month, and on Friday'],
  ['0 9 * * 0', null, 'At 09:00, only on Sunday'],
  ['*/61 * * * *', null, null],
  ['0 */30 * * *', null, null],
  ['*/30 0 */30 * * *', null, null],
  ['0 */12 * * *', 'On the hour, every 12 hours', 'On the hour, every 12 hours'],
  ['0 0 */31 * *', null, null],
  ['0 0 1 */12 *', null, null],
  ['0 0 * * */7', null, null],
])('%s', (cron, ...expected) => {
  const dialects: CronDialect[] = ['resonate', 'unix'];
  expect(dialects.map((dialect) => inWords(cron, dialect))).toEqual(expected);
  expect(inWords(cron)).toBe(expected[0]);
});
