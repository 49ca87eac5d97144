import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { PromiseRecord, ScheduleRecord, TaskRecord } from '@resonate/protocol';
import { FAR_FUTURE } from '../../http/state.ts';
import { EventStream } from '../../processes/event-stream.ts';
import { ServerProcess } from '../../processes/server-process.ts';
import { call } from '../../processes/wire.ts';
import { resonateFor, type Resonate } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let directory: string;
let source: ServerProcess;
let target: ServerProcess;
let resonate: Resonate;

const storage = () => ['--storage-sqlite-path', join(directory, 'target.db')];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resonate-import-'));
  source = await ServerProcess.start({ command: 'dev' });
  target = await ServerProcess.start({ args: ['--debug'], storage: storage() });
  resonate = resonateFor(target.url);
  await fill(source.url);
});

afterAll(async () => {
  await source?.dispose();
  await target?.dispose();
  await rm(directory, { recursive: true, force: true });
});

interface All {
  promises: PromiseRecord[];
  schedules: ScheduleRecord[];
  tasks: TaskRecord[];
}

async function all(url: string): Promise<All> {
  const [{ promises }, { schedules }, { tasks }] = (await Promise.all(
    ['promise', 'schedule', 'task'].map((record) => call(url, `${record}.search`, { limit: 1000 })),
  )) as [All, All, All];
  return { promises, schedules, tasks };
}

/** A promise of every kind, a halted task, a schedule that has run. */
async function fill(url: string): Promise<void> {
  const work = { 'resonate:target': 'poll://any@import' };
  const create = (id: string, more: object = {}) => call(url, 'promise.create', { id, timeoutAt: FAR_FUTURE, ...more });
  const settle = (id: string, state: string, value = {}) => call(url, 'promise.settle', { id, state, value });
  await create('resolved', { param: { data: 'cGFyYW0=', headers: { a: 'b' } }, tags: { customer: 'c-1' } });
  await settle('resolved', 'resolved', { data: 'dmFsdWU=', headers: {} });
  // A literal would set the prototype instead.
  await create('rejected', { tags: { ...work, ...(JSON.parse('{"__proto__":"a name like any other"}') as object) } });
  await settle('rejected', 'rejected', { data: '' });
  await create('canceled', { tags: { 'resonate:parent': 'x' } });
  await settle('canceled', 'rejected_canceled');
  await create('settled at once', { timeoutAt: 1, tags: { ...work, 'resonate:timer': 'true' } });
  await create('late', { timeoutAt: Date.now() + 50 });
  await create('slept', { timeoutAt: Date.now() + 50, tags: { 'resonate:timer': 'true' } });
  await create('waits', { tags: work });
  await create('delayed', { tags: { ...work, 'resonate:delay': String(FAR_FUTURE - 1) } });
  await create('halted', { tags: work });
  await call(url, 'task.halt', { id: 'halted' });
  await call(url, 'schedule.create', {
    ...{ id: 'yearly', cron: '0 0 1 1 *', promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: 1000 },
    ...{ promiseParam: { data: 'eA==' }, promiseTags: { team: 'red' } },
  });
  await call(url, 'schedule.create', {
    ...{ id: 'paused', cron: '* * * * *', timezone: 'Europe/Berlin', overlap: 'skip' },
    ...{ promiseId: '{{.timestamp}}', promiseTimeout: 1000 },
  });
  await call(url, 'schedule.pause', { id: 'paused' });
  const over = async () => (await all(url)).promises.filter(({ id }) => id === 'late' || id === 'slept');
  while ((await over()).some(({ state }) => state === 'pending'));
}

const counts = { promises: 9, schedules: 2, halted: 1 };
const done = { ...counts, refused: 0, new: counts };
const again = { ...done, new: { promises: 0, schedules: 0, halted: 0 } };

describe('import', () => {
  test('refuses a server that is not in debug mode', async () => {
    const { code, stderr } = await resonateFor(source.url).run('import', '--from', target.url);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/--debug/) });
  });

  test('copies promises, schedules and halted tasks to the millisecond, and a second run changes nothing', async () => {
    const stream = await EventStream.open(target.url, '/poll/import/worker');
    expect(await resonate.json('import', '--from', source.url)).toEqual(done);
    const copied = await all(target.url);
    expect(copied).toEqual(await all(source.url));
    expect(copied.promises).toHaveLength(done.promises);
    // A second run after the first one was interrupted.
    expect(await resonate.json('import', '--from', source.url)).toEqual(again);
    expect(await all(target.url)).toEqual(copied);
    expect(stream.waiting).toBe(0);
    stream.break();
  });

  test('copies the records of files that searches have written', async () => {
    const own = await ServerProcess.start({ command: 'dev', args: ['--debug'] });
    try {
      const files = await Promise.all(
        ['promises', 'tasks', 'schedules'].map(async (list) => {
          const file = join(directory, `${list}.json`);
          await writeFile(file, (await resonateFor(source.url).run(list, 'search', '--all')).stdout);
          return file;
        }),
      );
      const from = files.flatMap((file) => ['--from', file]);
      expect(await resonateFor(own.url).json('import', ...from)).toEqual(done);
      expect(await all(own.url)).toEqual(await all(source.url));
    } finally {
      await own.dispose();
    }
  });

  test('does not change records with an id that exists already, imports the rest and ends with code 1', async () => {
    const own = await ServerProcess.start({ command: 'dev', args: ['--debug'] });
    try {
      await call(own.url, 'promise.create', { id: 'resolved', timeoutAt: FAR_FUTURE, tags: { mine: 'yes' } });
      const { code, stdout, stderr } = await resonateFor(own.url).run('import', '--from', source.url);
      expect({ code, stdout: JSON.parse(stdout) as unknown }).toEqual({
        code: 1,
        stdout: { ...done, promises: 8, refused: 1, new: { ...counts, promises: 8 } },
      });
      expect(stderr).toMatch(/^promises: resolved: a promise with this id exists/);
      expect(await call(own.url, 'promise.get', { id: 'resolved' })).toMatchObject({
        promise: { state: 'pending', tags: { mine: 'yes' } },
      });
    } finally {
      await own.dispose();
    }
  });

  test('refuses to start while a worker holds a task at the source, unless --held is given', async () => {
    await call(source.url, 'task.acquire', { id: 'waits', version: 0, pid: 'worker', ttl: 600_000 });
    const { code, stderr } = await resonate.run('import', '--from', source.url);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('waits') });
    expect(await resonate.json('import', '--from', source.url, '--held')).toEqual(again);
  });

  test('pending messages are delivered when the server runs without --debug', async () => {
    await target.stop();
    const live = await ServerProcess.start({ storage: storage() });
    try {
      const stream = await EventStream.open(live.url, '/poll/import/worker');
      expect(await stream.next()).toMatchObject({ kind: 'execute', data: { task: { id: 'waits', version: 0 } } });
      stream.break();
    } finally {
      await live.dispose();
    }
  });
});

describe('import from another implementation', () => {
  let other: Server;
  let own: ServerProcess;
  const record = { tags: {}, value: {}, param: {}, timeoutAt: 1_000_002_502 };
  const PROMISES = [
    { ...record, id: 'null', state: 'pending', settledAt: null, createdAt: 1_000_002_501, timeoutAt: 2 ** 63 },
    { ...record, id: 'w1.a', state: 'rejected_canceled', createdAt: 1_000_002_501, settledAt: 1_000_002_501 },
    { ...record, id: 'w2.c', state: 'rejected_timedout', createdAt: 1_000_002_502, settledAt: 1_000_002_502 },
    { ...record, id: 'x', state: 'resolved', createdAt: 1_000_002_500, settledAt: 1_000_009_999 },
  ];

  beforeAll(async () => {
    own = await ServerProcess.start({ command: 'dev', args: ['--debug'] });
    let asked = 0;
    other = createServer((request, response) => {
      let body = '';
      request.on('data', (text: Buffer) => (body += text.toString()));
      request.on('end', () => {
        const { kind, head, data } = JSON.parse(body) as { kind: string; head: object; data: { cursor?: string } };
        // The source cannot be reached for a moment.
        const status = asked++ === 1 ? 503 : 200;
        response.writeHead(status, { 'content-type': 'application/json' });
        const answer = status === 200 ? pageOf(kind, data.cursor) : 'away';
        response.end(JSON.stringify({ kind, head: { ...head, status }, data: answer }));
      });
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    other?.close();
    await own?.dispose();
  });

  /** Pages of two promises. The last one has null in fields that our server would leave out. */
  function pageOf(kind: string, cursor: string | undefined): object {
    if (kind === 'task.search') return { tasks: [], cursor: null };
    if (kind === 'schedule.search') return { schedules: [], cursor: null };
    return cursor === undefined
      ? { promises: PROMISES.slice(0, 2), cursor: 'w1.a' }
      : { promises: PROMISES.slice(2), cursor: null };
  }

  test('accepts nulls and times above 2^53, tolerates a short outage, and reports what it cannot import', async () => {
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await resonateFor(own.url).run('import', '--from', `http://127.0.0.1:${port}`);
    expect(stderr).toMatch(/^promises: x: it is rejected_timedout here and resolved at the source/);
    expect({ code, stdout: JSON.parse(stdout) as unknown }).toEqual({
      code: 1,
      stdout: { promises: 3, schedules: 0, halted: 0, refused: 1, new: { promises: 3, schedules: 0, halted: 0 } },
    });
    const { promises } = await all(own.url);
    expect(promises.slice(0, 3)).toEqual([
      { ...record, id: 'null', state: 'pending', createdAt: 1_000_002_501, timeoutAt: Number.MAX_SAFE_INTEGER },
      ...PROMISES.slice(1, 3),
    ]);
  });
});
