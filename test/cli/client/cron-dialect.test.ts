import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { ScheduleRecord } from '@resonate/protocol';
import { ServerProcess } from '../../processes/server-process.ts';
import { call } from '../../processes/wire.ts';
import { resonateFor } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Two servers that read cron expressions differently. */
let usual: ServerProcess;
let unix: ServerProcess;

beforeAll(async () => {
  usual = await ServerProcess.start({ command: 'dev' });
  unix = await ServerProcess.start({ command: 'dev', args: ['--debug', '--schedules-cron', 'unix'] });
});

afterAll(async () => {
  await usual?.dispose();
  await unix?.dispose();
});

const MORE = { promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: 1_000 };
const weekday = (at: number) => new Date(at).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });

async function create(server: ServerProcess, id: string, given: object): Promise<ScheduleRecord> {
  const answer = await call(server.url, 'schedule.create', { id, ...MORE, ...given });
  return (answer as { schedule: ScheduleRecord }).schedule;
}

test('schedules.cron decides what a weekday number means, unless the schedule names its dialect', async () => {
  const cron = '0 9 * * 2';
  const plain = [await create(usual, 'plain', { cron }), await create(unix, 'plain', { cron })];
  expect(plain.map(({ nextRunAt, cronDialect }) => [weekday(nextRunAt), cronDialect])).toEqual([
    ['Monday', undefined],
    ['Tuesday', 'unix'],
  ]);
  const explicit = await create(unix, 'explicit', { cron, cronDialect: 'resonate' });
  expect([weekday(explicit.nextRunAt), explicit.cronDialect]).toEqual(['Monday', undefined]);
  // Weekday 0 exists only in the dialect unix.
  expect(weekday((await create(unix, 'zero', { cron: '0 9 * * 0' })).nextRunAt)).toBe('Sunday');
  await expect(create(usual, 'zero', { cron: '0 9 * * 0' })).rejects.toThrow(/day of week/);
});

test('GET /admin/cron shows the next runs and a hint', async () => {
  const meaning = async (server: ServerProcess, query: string) => {
    const response = await fetch(`${server.url}/admin/cron?${query}`);
    return (await response.json()) as { cronDialect: string; runs: number[]; hint?: string; error?: string };
  };
  const query = 'cron=0+9+*+*+2&timezone=Europe/Berlin';
  const [here, there] = [await meaning(usual, query), await meaning(unix, query)];
  expect([here.cronDialect, here.runs.map(weekday)]).toEqual(['resonate', Array(5).fill('Monday')]);
  expect([there.cronDialect, there.runs.map(weekday)]).toEqual(['unix', Array(5).fill('Tuesday')]);
  expect(here.hint).toMatch(/^Day of week 2 is MON/);
  expect((await meaning(usual, 'cron=@daily')).hint).toBeUndefined();
  expect((await meaning(usual, 'cron=61+*+*+*+*')).error).toMatch(/minute/);
  expect((await meaning(usual, 'cron=@daily&timezone=Nowhere')).error).toMatch(/timezone/);
});

test('schedules create shows the next runs with their weekday, and a hint about numbers', async () => {
  const resonate = resonateFor(usual.url);
  const args = (id: string, cron: string) => [
    ...['schedules', 'create', id, '--cron', cron],
    ...['--promise-id', 'x.{{.timestamp}}', '--promise-timeout', '1h'],
  ];
  const lines = await resonate.terminal(...args('shown', '0 9 * * 2'));
  expect(lines.filter((line) => /^next run +Mon \d{4}-\d\d-\d\d 09:00:00Z$/.test(line))).toHaveLength(3);
  expect(lines).toContainEqual(expect.stringMatching(/^Day of week 2 is MON/));
  const piped = await resonate.run(...args('piped', '0 9 * * 2'));
  expect(JSON.parse(piped.stdout)).toEqual({ schedule: expect.objectContaining({ id: 'piped' }) });
  expect(piped.stderr).toMatch(/^Day of week 2 is MON/);
  expect((await resonate.run(...args('named', '0 9 * * MON'))).stderr).toBe('');
  const dialect = await resonate.run(...args('dialect', '0 9 * * 2'), '--cron-dialect', 'unix');
  expect(dialect.stderr).toMatch(/^Day of week 2 is TUE/);
  expect(await resonate.terminal('schedules', 'preview', 'dialect', '--limit', '1')).toContainEqual(
    expect.stringMatching(/^Tue \d{4}/),
  );
});

test('import keeps the meaning that the expressions have at the source', async () => {
  await create(usual, 'as public', { cron: '0 7 * * 2' });
  await create(usual, 'as cron', { cron: '0 7 * * 2', cronDialect: 'unix' });
  const { code, stderr } = await resonateFor(unix.url).run('import', '--from', usual.url);
  for (const id of ['as public', 'as cron']) {
    expect(await call(unix.url, 'schedule.get', { id })).toEqual(await call(usual.url, 'schedule.get', { id }));
  }
  // "plain" exists already: its text is the same, but it has another meaning here.
  expect([code, stderr]).toEqual([1, expect.stringMatching(/plain: .* another cronDialect/)]);
});
