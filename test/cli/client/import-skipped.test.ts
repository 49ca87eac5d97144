import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { ScheduleRecord } from '@resonate/protocol';
import { ServerProcess } from '../../processes/server-process.ts';
import { call } from '../../processes/wire.ts';
import { resonateFor } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const MINUTE = 60_000;
const FIVE = 5 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** A multiple of five minutes. */
const AT = 1_767_225_600_000;
const NEVER = Number.MAX_SAFE_INTEGER;

const base = {
  ...{ cron: '*/5 * * * *', promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: 1_000 },
  ...{ promiseParam: {}, promiseTags: {}, createdAt: AT - 60 * DAY },
};

const SCHEDULES: ScheduleRecord[] = [
  { ...base, id: 'ran on time', lastRunAt: AT - FIVE, nextRunAt: AT },
  { ...base, id: 'is late', lastRunAt: AT - DAY, nextRunAt: AT - DAY + FIVE },
  { ...base, id: 'was paused for a month', lastRunAt: AT - 31 * DAY, nextRunAt: AT },
  { ...base, id: 'never ran, was paused', nextRunAt: AT },
  { ...base, id: 'triggered while a run was due', lastRunAt: AT + MINUTE, nextRunAt: AT },
  { ...base, id: 'paused', lastRunAt: AT - FIVE, nextRunAt: NEVER, pausedAt: AT - MINUTE },
  { ...base, id: 'paused again after a month', lastRunAt: AT - 31 * DAY, nextRunAt: NEVER, pausedAt: AT - MINUTE },
  { ...base, id: 'triggered during the pause', lastRunAt: AT + MINUTE, nextRunAt: NEVER, pausedAt: AT - MINUTE },
  { ...base, id: 'paused with a run due', lastRunAt: AT - 31 * DAY, nextRunAt: AT, pausedAt: AT + MINUTE },
];

let directory: string;
let target: ServerProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resonate-import-'));
  target = await ServerProcess.start({ command: 'dev', args: ['--debug'] });
});

afterAll(async () => {
  await target?.dispose();
  await rm(directory, { recursive: true, force: true });
});

/** Imports the schedules of a file. */
async function importing(schedules: readonly ScheduleRecord[]) {
  const file = join(directory, 'schedules.json');
  await writeFile(file, JSON.stringify({ promises: [], tasks: [], schedules }));
  return resonateFor(target.url).run('import', '--from', file);
}

const moments = (schedules: readonly ScheduleRecord[]) =>
  Object.fromEntries(schedules.map(({ id, nextRunAt, pausedAt }) => [id, { nextRunAt, pausedAt }]));

test('an imported schedule skips what the source skipped: its next run and its pause are those of the source', async () => {
  for (const added of [SCHEDULES.length, 0]) {
    const { code, stdout, stderr } = await importing(SCHEDULES);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ schedules: SCHEDULES.length, refused: 0, new: { schedules: added } });
    const { schedules } = (await call(target.url, 'schedule.search', { limit: 100 })) as {
      schedules: ScheduleRecord[];
    };
    expect(moments(schedules)).toEqual(moments(SCHEDULES));
  }
});

test('a schedule that runs next at another time here is reported', async () => {
  const changed = { ...base, id: 'changed', lastRunAt: AT - FIVE, nextRunAt: AT };
  expect(await importing([changed])).toMatchObject({ code: 0 });
  const { code, stderr } = await importing([{ ...changed, lastRunAt: AT, nextRunAt: AT + FIVE }]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^schedules: changed: it exists here with its next run at 2026-01-01 00:00:00Z, and at the source/,
  );
});
