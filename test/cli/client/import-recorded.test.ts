import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { PromiseRecord, ScheduleRecord, TaskRecord } from '@resonate/protocol';
import { readTraces, type Trace } from '@resonate/testkit';
import { ServerProcess } from '../../processes/server-process.ts';
import { call } from '../../processes/wire.ts';
import { resonateFor } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

interface Records {
  promises: PromiseRecord[];
  tasks: TaskRecord[];
  schedules: ScheduleRecord[];
}

/** All records that the public server had at the end of each recorded trace, in the order of its searches. */
const RECORDED = together(readTraces().map(recordsOf));

let publicServer: Server;
let target: ServerProcess;

beforeAll(async () => {
  target = await ServerProcess.start({ command: 'dev', args: ['--debug'] });
  publicServer = createServer((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      const { kind, head, data } = JSON.parse(body) as { kind: string; head: object; data: Search };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind, head: { ...head, status: 200 }, data: pageOf(kind, data) }));
    });
  });
  await new Promise<void>((resolve) => publicServer.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  publicServer?.close();
  await target?.dispose();
});

/** The records of the last snapshot and of the last search for schedules. The trace's number makes their ids unique. */
function recordsOf({ lines }: Trace, nth: number): Records {
  const answered = (kind: string) => lines.findLast((line) => line.kind === kind && line.res.status === 200)?.res.data;
  const { promises = [], tasks = [] } = (answered('debug.snap') ?? {}) as Partial<Records>;
  const { schedules = [] } = (answered('schedule.search') ?? {}) as Partial<Records>;
  const apart = <R extends { id: string }>(record: R): R => ({ ...record, id: `${nth}.${record.id}` });
  return { promises: promises.map(apart), tasks: tasks.map(apart), schedules: schedules.map(apart) };
}

function together(all: Records[]): Records {
  const list = <L extends keyof Records>(name: L) =>
    all.flatMap((records) => records[name] as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1)) as Records[L];
  return { promises: list('promises'), tasks: list('tasks'), schedules: list('schedules') };
}

interface Search {
  cursor?: string;
  limit?: number;
  state?: string;
}

/** Answers a search as the public server did: in the order of ids. The cursor is the last id of a full page. */
function pageOf(kind: string, { cursor = '', limit = 100, state }: Search): object {
  const name = `${kind.replace(/\.search$/, '')}s` as keyof Records;
  const found = (RECORDED[name] as { id: string; state?: string }[])
    .filter((record) => record.id > cursor && (state === undefined || record.state === state))
    .slice(0, limit);
  return { [name]: found, ...(found.length === limit ? { cursor: found.at(-1)?.id } : {}) };
}

/** A snapshot with a clock before all timeouts, so that promises that have expired since are shown as recorded. */
async function snapshot(): Promise<Records> {
  const head = { corrId: 'snap', version: '2026-04-01', 'resonate:debug_time': 0 };
  const body = JSON.stringify({ kind: 'debug.snap', head, data: {} });
  const answer = await fetch(target.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await answer.json()) as { data: Records }).data;
}

/** `null` and absence mean the same. */
const withoutNulls = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_key, part: unknown) => (part === null ? undefined : part))) as T;

test('import copies every record of the recorded traces without a difference', async () => {
  expect(RECORDED.promises.length).toBeGreaterThan(1_000);
  expect(RECORDED.schedules.length).toBeGreaterThan(0);
  const halted = RECORDED.tasks.filter(({ state }) => state === 'halted');
  const { port } = publicServer.address() as AddressInfo;
  const imported = await resonateFor(target.url).json('import', '--from', `http://127.0.0.1:${port}`, '--held');
  const counts = {
    promises: RECORDED.promises.length,
    schedules: RECORDED.schedules.length,
    halted: halted.length,
  };
  expect(imported).toEqual({ ...counts, refused: 0, new: counts });
  const snap = await snapshot();
  expect(snap.promises).toEqual(withoutNulls(RECORDED.promises));
  // Tasks that were held or suspended become pending: the first worker gets them.
  const states = new Map(snap.tasks.map(({ id, state }) => [id, state]));
  for (const { id, state } of RECORDED.tasks) {
    const expected = ['halted', 'fulfilled'].includes(state) ? state : 'pending';
    expect({ id, state: states.get(id) }).toEqual({ id, state: expected });
  }
  const { schedules } = (await call(target.url, 'schedule.search', { limit: 1_000 })) as Records;
  const moving = { createdAt: 0, nextRunAt: 0, lastRunAt: 0 };
  expect(schedules.map((one) => ({ ...one, ...moving }))).toEqual(
    withoutNulls(RECORDED.schedules).map((one) => ({ ...one, ...moving })),
  );
  expect(schedules.map(({ nextRunAt }) => nextRunAt)).toEqual(RECORDED.schedules.map(({ nextRunAt }) => nextRunAt));
});
