import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { FAR_FUTURE } from '../../http/state.ts';
import { HttpClient } from '../../processes/http-client.ts';
import { runCommand } from '../../processes/run-command.ts';
import { ServerProcess } from '../../processes/server-process.ts';
import { onTerminal, resonateFor, type Resonate } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let server: ServerProcess;
let client: HttpClient;
let resonate: Resonate;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev' });
  client = new HttpClient(server.url);
  resonate = resonateFor(server.url);
});

afterAll(async () => {
  client?.close();
  await server?.dispose();
});

const HOUR = 3_600_000;
const TARGET = '{"resonate:target":"poll://any@nobody"}';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const callback = (awaited: string, awaiter: string) => ({
  kind: 'promise.register_callback',
  head: {},
  data: { awaited, awaiter },
});

/** The present record of a promise, read from the server. */
async function stored(kind: 'promise' | 'task' | 'schedule', id: string): Promise<unknown> {
  return (await client.rpc(`${kind}.get`, { id })).data;
}

async function create(id: string, tags: Record<string, string> = {}): Promise<void> {
  await client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE, tags });
}

describe('promises', () => {
  test('create, get and settle print the answer of the server in the format of the public command', async () => {
    const made = await resonate.run(
      ...['promises', 'create', 'p', '--timeout', '1h30m', '--param', '{"headers":{"h":"1"},"data":"hi"}'],
      ...['--tags', '{"z":"1","a":"2"}'],
    );
    const { promise } = JSON.parse(made.stdout) as { promise: { createdAt: number; timeoutAt: number } };
    // Sorted keys, two blanks, a line end: scripts that compare text depend on this format.
    expect(made).toEqual({
      code: 0,
      stderr: '',
      stdout: `{
  "promise": {
    "createdAt": ${promise.createdAt},
    "id": "p",
    "param": {
      "data": "${base64('hi')}",
      "headers": {
        "h": "1"
      }
    },
    "state": "pending",
    "tags": {
      "a": "2",
      "z": "1"
    },
    "timeoutAt": ${promise.timeoutAt},
    "value": {}
  }
}
`,
    });
    expect(Math.abs(promise.timeoutAt - promise.createdAt - 1.5 * HOUR)).toBeLessThan(60_000);
    expect(await resonate.json('promises', 'get', 'p')).toEqual({ promise });
    expect(await resonate.json('promise', 'create', 'p', '--timeout', '1h')).toEqual({ promise });

    const resolved = await resonate.json('promises', 'resolve', 'p', '--value', '{"data":{"n":1}}');
    expect(resolved).toMatchObject({ promise: { state: 'resolved', value: { data: base64('{"n":1}') } } });
    await resonate.json('promises', 'create', 'asked', '--timeout', '1h');
    const noJson = await resonate.run('promises', 'resolve', 'asked', '--data', 'yes');
    expect(noJson).toMatchObject({ code: 1, stderr: expect.stringContaining('--data is not JSON') });
    // A text is stored as JSON too, because the workflow decodes it with its SDK.
    expect(await resonate.json('promises', 'resolve', 'asked', '--data', '"yes"')).toMatchObject({
      promise: { value: { data: base64('"yes"') } },
    });
    expect(resolved).toEqual(await stored('promise', 'p'));
    expect(await resonate.json('promises', 'reject', 'p')).toEqual(resolved);
  });

  test('reject and cancel settle a promise to the states rejected and rejected_canceled', async () => {
    await Promise.all([create('r'), create('c')]);
    const [rejected, canceled] = await Promise.all([
      resonate.json('promises', 'reject', 'r', '--value', '{"data":"no"}'),
      resonate.json('promises', 'cancel', 'c'),
    ]);
    expect(rejected).toMatchObject({ promise: { state: 'rejected', value: { data: base64('no') } } });
    expect(canceled).toMatchObject({ promise: { state: 'rejected_canceled', value: {} } });
  });

  test('register-callback and register-listener store a callback and a listener', async () => {
    await Promise.all([create('awaited'), create('awaiter', JSON.parse(TARGET) as Record<string, string>)]);
    const promise = await stored('promise', 'awaited');
    const address = 'poll://uni@nobody/here';
    expect(await resonate.json('promises', 'register-callback', 'awaited', 'awaiter')).toEqual(promise);
    expect(await resonate.json('promises', 'register-listener', 'awaited', address)).toEqual(promise);
    const refused = await resonate.run('promises', 'register-listener', 'awaited', 'nowhere');
    expect(refused).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^resonate: .*\(400\)\n$/) });
  });

  test('an id may be any text', async () => {
    const ids = ['007', '1e3', 'a b/c:d', "it's", '--server'];
    await Promise.all(ids.map((id) => create(id)));
    const found = await Promise.all(ids.map((id) => resonate.json('promises', 'get', '--', id)));
    expect(found).toEqual(ids.map((id) => ({ promise: expect.objectContaining({ id }) })));
  });
});

describe('search', () => {
  const ids = Array.from({ length: 5 }, (_, n) => `s${n}`);

  beforeAll(async () => {
    for (const id of ids) await create(id, { 'of-search': 'yes', ...(JSON.parse(TARGET) as Record<string, string>) });
    await client.rpc('promise.settle', { id: 's1', state: 'resolved' });
  });

  const search = ['promises', 'search', '--tags', '{"of-search":"yes"}'];

  test('prints one page and its cursor, with which the next page begins', async () => {
    const page = await resonate.json<{ promises: { id: string }[]; cursor: string }>(...search, '--limit', '3');
    expect(page.promises.map(({ id }) => id)).toEqual(['s0', 's1', 's2']);
    const rest = await resonate.json<typeof page>(...search, '--limit', '3', '--cursor', page.cursor);
    expect(rest.promises.map(({ id }) => id)).toEqual(['s3', 's4']);
    expect(rest).not.toHaveProperty('cursor');
  });

  test('by state finds only those', async () => {
    const found = await resonate.json(...search, '--state', 'resolved');
    expect(found).toEqual({ promises: [expect.objectContaining({ id: 's1', state: 'resolved' })] });
  });

  test('--all reads every page and prints the text of one large page', async () => {
    const [paged, whole] = await Promise.all([
      resonate.run(...search, '--all', '--limit', '2'),
      resonate.run(...search),
    ]);
    expect(paged).toEqual(whole);
    expect(JSON.parse(paged.stdout)).toMatchObject({ promises: ids.map((id) => ({ id })) });
    const none = ['promises', 'search', '--tags', '{"of-search":"no"}'];
    expect(await resonate.run(...none, '--all')).toEqual(await resonate.run(...none));
  });

  test('by function finds its calls, newest first, page by page, and with other filters', async () => {
    const calls = ['f2', 'f1', 'f3'];
    const call = { '-f': 'charge', '--json-args': '[]', '-t': '1h' };
    for (const id of calls) await resonate.json('invoke', id, ...Object.entries(call).flat());
    const error = { __type: 'error', name: 'TypeError', message: 'too late' };
    await client.rpc('promise.settle', { id: 'f1', state: 'rejected', value: { data: base64(JSON.stringify(error)) } });
    const byFunction = ['promises', 'search', '--func', 'charge'];
    const ids = async (...more: string[]) =>
      (await resonate.json<{ promises: { id: string }[] }>(...byFunction, ...more)).promises.map(({ id }) => id);
    expect(await ids()).toEqual(['f3', 'f1', 'f2']);
    expect(await ids('--all', '--limit', '2')).toEqual(['f3', 'f1', 'f2']);
    expect(await ids('--state', 'rejected')).toEqual(['f1']);
    expect(await ids('--tags', TARGET)).toEqual([]);
    const [head, ...rows] = await resonate.terminal(...byFunction);
    expect(head).toMatch(/^ID +STATE +FUNCTION +CREATED +TOOK +TIMEOUT +ERROR$/);
    expect(rows.map((row) => row.replaceAll(/ {2,}/g, ' ')).at(1)).toMatch(
      /^f1 rejected charge \d{4}-\S+ \S+ \d+ m?s \d{4}-.* TypeError: too late$/,
    );
    const called = '{"resonate:target":"poll://any@default"}';
    const [, failed] = await resonate.terminal('promises', 'search', '--state', 'rejected', '--tags', called);
    expect(failed).toMatch(/^f1 +rejected +charge .* TypeError: too late$/);
  });

  test('searches for tasks and schedules have pages and --all, too', async () => {
    for (let n = 10; n < 22; n++) await schedule(`every-${n}`);
    const [tasks, allTasks, schedules, allSchedules] = await Promise.all([
      resonate.json('tasks', 'search', '--state', 'pending', '--limit', '2'),
      resonate.json<{ tasks: { id: string }[] }>('tasks', 'search', '--all', '--limit', '2'),
      resonate.json<{ schedules: unknown[] }>('schedules', 'search'),
      resonate.json<{ schedules: unknown[] }>('schedules', 'search', '--all'),
    ]);
    expect(tasks).toMatchObject({ tasks: [{ state: 'pending' }, { state: 'pending' }], cursor: expect.any(String) });
    expect(allTasks.tasks.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    expect(schedules.schedules).toHaveLength(10);
    expect(allSchedules.schedules).toHaveLength(12);
    expect(allSchedules).not.toHaveProperty('cursor');
  });
});

function schedule(id: string): Promise<unknown> {
  return client.rpc('schedule.create', {
    id,
    cron: '0 0 1 1 *',
    promiseId: `${id}.{{.timestamp}}`,
    promiseTimeout: HOUR,
  });
}

describe('tasks', () => {
  test('are created, released, claimed, renewed by heartbeats, suspended and completed', async () => {
    const held = await resonate.json(
      ...['tasks', 'create', 't', '--pid', 'me', '--ttl', '1m', '--timeout', '1h', '--tags', TARGET],
      ...['--param', '{"data":"as it is"}'],
    );
    expect(held).toMatchObject({
      task: { id: 't', state: 'acquired', version: 1, pid: 'me', ttl: 60_000 },
      promise: { id: 't', param: { data: 'as it is' } },
      preload: [],
    });
    expect(await resonate.json('tasks', 'release', 't', '--version', '1')).toEqual({});
    expect(await resonate.json('tasks', 'get', 't')).toMatchObject({ task: { state: 'pending', version: 1 } });
    const claim = ['tasks', 'claim', 't', '--pid', 'you', '--ttl', '30s', '--version', '1'];
    expect(await resonate.json(...claim)).toMatchObject({
      task: { state: 'acquired', version: 2, pid: 'you', ttl: 30_000 },
    });
    expect(await resonate.run(...claim)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('(409)'),
    });
    const tasks = JSON.stringify([{ id: 't', version: 2 }]);
    expect(await resonate.json('tasks', 'heartbeat', '--pid', 'you', '--tasks', tasks)).toEqual({});

    const made = { kind: 'promise.create', head: {}, data: { id: 't.child', timeoutAt: FAR_FUTURE } };
    const fence = ['tasks', 'fence', 't', '--version', '2', '--action', JSON.stringify(made)];
    expect(await resonate.json(...fence)).toMatchObject({ action: { data: { promise: { id: 't.child' } } } });
    const suspend = [
      'tasks',
      'suspend',
      't',
      '--version',
      '2',
      '--actions',
      JSON.stringify([callback('t.child', 't')]),
    ];
    expect(await resonate.json(...suspend)).toEqual({});
    await client.rpc('promise.settle', { id: 't.child', state: 'resolved' });

    await resonate.json('tasks', 'claim', 't', '--pid', 'you', '--ttl', '30s', '--version', '2');
    const again = await resonate.run(...suspend.with(4, '3'));
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toEqual({ preload: [] });
    expect(again.stderr).toContain('not suspended');
    const settle = { kind: 'promise.settle', head: {}, data: { id: 't', state: 'resolved' } };
    const complete = ['tasks', 'complete', 't', '--version', '3', '--action', JSON.stringify(settle)];
    expect(await resonate.json(...complete)).toMatchObject({ promise: { id: 't', state: 'resolved' } });
  });

  test('are halted and continued', async () => {
    await create('h', JSON.parse(TARGET) as Record<string, string>);
    expect(await resonate.json('tasks', 'halt', 'h')).toEqual({});
    expect(await resonate.json('task', 'get', 'h')).toMatchObject({ task: { state: 'halted' } });
    expect(await resonate.json('tasks', 'continue', 'h')).toEqual({});
    expect(await stored('task', 'h')).toMatchObject({ task: { state: 'pending' } });
  });
});

describe('schedules', () => {
  test('are created, shown, changed and deleted', async () => {
    const made = await resonate.json<{ schedule: object }>(
      ...['schedules', 'create', 'nightly', '--cron', '0 3 * * *', '--promise-id', 'n.{{.timestamp}}'],
      ...['--promise-timeout', '2h', '--promise-param', '{"data":"x"}', '--promise-tags', '{"a":"b"}'],
    );
    expect(made).toMatchObject({
      schedule: {
        ...{ id: 'nightly', cron: '0 3 * * *', promiseId: 'n.{{.timestamp}}', promiseTimeout: 2 * HOUR },
        ...{ promiseParam: { data: base64('x') }, promiseTags: { a: 'b' } },
      },
    });
    expect(await resonate.json('schedules', 'get', 'nightly')).toEqual(made);
    expect(await resonate.json('schedules', 'update', 'nightly', '--promise-timeout', '3h')).toEqual({
      schedule: { ...made.schedule, promiseTimeout: 3 * HOUR },
    });
    const nothing = await resonate.run('schedules', 'update', 'nightly');
    expect(nothing).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('nothing to change: give at least one of --cron, '),
    });
    expect(await resonate.json('schedules', 'delete', 'nightly')).toEqual({});
    const gone = await resonate.run('schedule', 'get', 'nightly');
    expect(gone).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^resonate: .*\(404\)\n$/) });
  });
});

describe('schedules with policies', () => {
  const daily = ['--cron', '0 3 * * *', '--promise-id', 'd.{{.timestamp}}', '--promise-timeout', '2h'];

  test('are created with them, paused, resumed, triggered and previewed', async () => {
    const made = await resonate.json<{ schedule: { nextRunAt: number } }>(
      ...['schedules', 'create', 'daily', ...daily],
      ...['--timezone', 'Asia/Kolkata', '--overlap', 'skip', '--catch-up', 'last'],
    );
    expect(made).toMatchObject({ schedule: { timezone: 'Asia/Kolkata', overlap: 'skip', catchUp: 'last' } });
    // 03:00 in that zone, all year.
    expect(new Date(made.schedule.nextRunAt).toISOString()).toContain('T21:30:00.000Z');
    const { runs } = await resonate.json<{ runs: number[] }>('schedules', 'preview', 'daily', '--limit', '3');
    expect(runs).toEqual([0, 1, 2].map((day) => made.schedule.nextRunAt + day * 24 * HOUR));
    const paused = await resonate.json('schedules', 'pause', 'daily');
    expect(paused).toMatchObject({ schedule: { pausedAt: expect.any(Number) } });
    expect(await resonate.json('schedules', 'preview', 'daily')).toEqual({ runs: [] });
    const triggered = await resonate.json<{ promise: { id: string } }>('schedules', 'trigger', 'daily');
    expect(triggered).toMatchObject({ promise: { state: 'pending', tags: { 'resonate:schedule': 'daily' } } });
    const again = await resonate.run('schedules', 'trigger', 'daily');
    expect(again).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^resonate: .*skips.*\(409\)\n$/) });
    await resonate.json('promises', 'resolve', triggered.promise.id);
    const resumed = await resonate.json('schedules', 'resume', 'daily');
    expect(resumed).toMatchObject({ schedule: { nextRunAt: made.schedule.nextRunAt } });
    expect(resumed).not.toHaveProperty('schedule.pausedAt');
  });

  test('are refused with one line that says what is wrong', async () => {
    const [zone, policy] = await Promise.all([
      resonate.run('schedules', 'create', 'bad', ...daily, '--timezone', 'Mars/Base'),
      resonate.run('schedules', 'create', 'bad', ...daily, '--overlap', 'sometimes'),
    ]);
    const stderr = expect.stringMatching(/^resonate: .*timezone must be a name of the IANA .*\(400\)\n$/);
    expect(zone).toEqual({ code: 1, stdout: '', stderr });
    expect(policy).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--overlap must be one of allow, skip, cancel'),
    });
  });
});

describe('on a terminal', () => {
  test('a search says how to get the next page', async () => {
    for (const id of ['more-1', 'more-2'])
      await resonate.run('promises', 'create', id, '--timeout', '1h', '--tags', '{"of":"more"}');
    const search = ['promises', 'search', '--tags', '{"of":"more"}'];
    const first = await resonate.terminal(...search, '--limit', '1');
    expect(first.at(-1)).toBe('There are more results: add --cursor more-1, or --all');
    const last = await resonate.terminal(...search, '--limit', '1', '--cursor', 'more-1');
    expect(last.join('\n')).not.toContain('more results');
  });

  test('a search prints a table, a single record its decoded fields, and --output json prints JSON', async () => {
    await create('on-screen', { screen: 'yes' });
    await client.rpc('promise.settle', { id: 'on-screen', state: 'resolved', value: { data: base64('"done"') } });
    const search = ['promises', 'search', '--tags', '{"screen":"yes"}'];
    const [table, paged, fields, json, piped] = await Promise.all([
      resonate.terminal(...search),
      resonate.terminal(...search, '--all'),
      resonate.terminal('promises', 'get', 'on-screen'),
      resonate.terminal(...search, '--output', 'json'),
      resonate.run(...search, '--output', 'table'),
    ]);
    expect(table[0]).toMatch(/^ID +STATE +FUNCTION +CREATED +TOOK +TIMEOUT +TARGET +VALUE$/);
    expect(table[1]).toMatch(/^on-screen +resolved +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +\d+ m?s .* "done"$/);
    expect(table).toHaveLength(2);
    expect(paged).toEqual(table);
    expect(piped.stdout).toBe(`${table.join('\n')}\n`);
    expect(fields).toContainEqual(expect.stringMatching(/^value\.data +"done"$/));
    expect(fields).toContainEqual(expect.stringMatching(/^tags\.screen +yes$/));
    expect(JSON.parse(json.join('\n'))).toMatchObject({ promises: [{ id: 'on-screen' }] });
  });

  test('states have colours, and a narrow terminal shortens ids in their middle, unless --output table is given', async () => {
    const id = `long-${'0123456789'.repeat(5)}-end`;
    await create(id, { long: 'yes' });
    const search = ['promises', 'search', '--tags', '{"long":"yes"}'];
    const on = async (columns: number, ...more: string[]) => {
      const env = { RESONATE_SERVER: server.url, TERM: 'xterm-256color' };
      const { stdout } = await runCommand(...onTerminal([...search, ...more], columns), { env });
      return stdout.split('\r\n')[1];
    };
    const yellow = '\u001b[33mpending\u001b[39m';
    expect(await on(100)).toContain('long-012345678901234…567890123456789-end');
    expect(await on(100)).toContain(yellow);
    expect(await on(250)).toContain(id);
    expect(await on(100, '--output', 'table')).toContain(id);
  });

  test('control characters in stored data do not reach the terminal', async () => {
    const evil = '\u001b[2Jgone\r';
    await create(`evil${evil}`, { steer: evil });
    const table = await resonate.terminal('promises', 'get', `evil${evil}`);
    expect(table.join('')).not.toMatch(/[\u001b\r]/);
    expect(table).toContainEqual(expect.stringMatching(/^id +evil·\[2Jgone·$/));
    // For a terminal U+009B also begins a control sequence, and U+202E reverses the text after it.
    await create('json', { steer: '\u009b2J\u202e' });
    const json = await resonate.terminal('promises', 'get', 'json', '--output', 'json');
    expect(json.join('\n')).toContain(String.raw`"\u009b2J\u202e"`);
  });
});
