import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ROUTES } from '@resonate/admin';
import { freshPostgresDatabase, postgresForTests } from '@resonate/testkit';
import { runCommand } from '../processes/run-command.ts';
import { RESONATE } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { RoleProcess } from './role-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);
const WITHIN_MS = 60_000;

let database: Awaited<ReturnType<typeof postgresForTests>>;
let own: Awaited<ReturnType<typeof freshPostgresDatabase>>;
let api: RoleProcess;
let scheduler: RoleProcess;

beforeAll(async () => {
  database = await postgresForTests();
  own = await freshPostgresDatabase(database.url);
  const env = { RESONATE_STORAGE__TYPE: 'postgres', RESONATE_STORAGE__POSTGRES__URL: own.url };
  api = await RoleProcess.start('api', env);
  scheduler = await RoleProcess.start('scheduler', env);
});

afterAll(async () => {
  await scheduler?.dispose();
  await api?.dispose();
  await own?.drop();
  await database?.stop();
});

interface Shown {
  role: string;
  isAlive: boolean;
  leader: boolean;
}

async function shownAt(path: '/cluster' | '/admin/overview'): Promise<Shown | undefined> {
  const body: unknown = await (await fetch(api.url + path)).json();
  const { processes } = path === '/cluster' ? (body as { processes: Shown[] }) : ROUTES.overview.answer.parse(body);
  return processes.find(({ role }) => role === 'scheduler');
}

async function listed(): Promise<string> {
  const { stdout } = await runCommand(RESONATE, ['cluster', '--server', api.url, '--output', 'table']);
  return stdout;
}

test('a leader that died, with no standby, stays in the lists, but not as the leader', async () => {
  await until('it leads', WITHIN_MS, async () => (await shownAt('/cluster'))?.leader);
  expect(await shownAt('/admin/overview')).toMatchObject({ isAlive: true, leader: true });
  expect(await listed()).toMatch(/^scheduler \(leader\) /m);
  await scheduler.kill9();
  await until('its heartbeat is missed', WITHIN_MS, async () => (await shownAt('/cluster'))?.isAlive === false);
  expect(await shownAt('/cluster')).toMatchObject({ isAlive: false, leader: false });
  // The dashboard shows this answer. The server computes it at most once per second.
  await until('the overview knows it', WITHIN_MS, async () => (await shownAt('/admin/overview'))?.isAlive === false);
  expect(await shownAt('/admin/overview')).toMatchObject({ isAlive: false, leader: false });
  const table = await listed();
  expect(table).toMatch(/^scheduler \(no heartbeat\) /m);
  expect(table).not.toContain('(leader)');
});
