import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { FAR_FUTURE } from '../../http/state.ts';
import { HttpClient } from '../../processes/http-client.ts';
import { RESONATE, ServerProcess } from '../../processes/server-process.ts';
import { Spawned } from '../../processes/spawned.ts';
import { startWorker } from '../../sdk/worker-process.ts';
import { onTerminal, resonateFor, type Resonate } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);
const WITHIN_MS = 30_000;

let server: ServerProcess;
let client: HttpClient;
let worker: Spawned;
let resonate: Resonate;
let running: Spawned | undefined;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev', args: ['--tasks-retry-timeout', '500'] });
  client = new HttpClient(server.url);
  worker = await startWorker({ sdk: '0.11.5', url: server.url, name: 'cli' });
  resonate = resonateFor(server.url);
});

afterEach(() => running?.kill9());

afterAll(async () => {
  client?.close();
  await worker?.kill9();
  await server?.dispose();
});

interface Created {
  promise: { createdAt: number; timeoutAt: number; param: { data: string; headers: unknown }; tags: object };
}

const nowhere = ['--target', 'poll://any@nobody'];

describe('invoke', () => {
  test('creates the promise of a call and prints it at once', async () => {
    const args = ['--arg', '10', '--arg', 'text', '--arg={"a":[1]}', '--arg=-5', '--version', '2'];
    const { promise } = await resonate.json<Created>('invoke', 'i', '-f', 'fib', ...args, '-t', '2h', ...nowhere);
    expect(JSON.parse(Buffer.from(promise.param.data, 'base64').toString())).toEqual({
      func: 'fib',
      args: [10, 'text', { a: [1] }, -5],
      version: 2,
    });
    expect(promise).toMatchObject({
      state: 'pending',
      param: { headers: {} },
      tags: { 'resonate:target': nowhere[1] },
    });
    expect(Math.abs(promise.timeoutAt - promise.createdAt - 7_200_000)).toBeLessThan(60_000);
  });

  test('also takes its arguments as one JSON array, and starts after the delay', async () => {
    const args = ['--json-args', '["a",null]', '--delay', '30m', ...nowhere];
    const { promise } = await resonate.json<Created>('invoke', 'delayed', '--func', 'f', ...args);
    const call = JSON.parse(Buffer.from(promise.param.data, 'base64').toString()) as object;
    expect(call).toEqual({ func: 'f', args: ['a', null], version: 1 });
    const delayMs = Number((promise.tags as Record<string, string>)['resonate:delay']) - promise.createdAt;
    expect(Math.abs(delayMs - 1_800_000)).toBeLessThan(60_000);
    // An hour, counted from the end of the delay.
    expect(Math.abs(promise.timeoutAt - promise.createdAt - 5_400_000)).toBeLessThan(60_000);
  });

  test('--wait prints what the function returned', async () => {
    const [number, text] = await Promise.all([
      resonate.run('invoke', 'sum', '-f', 'add', '--arg', '2', '--arg', '3', '--wait'),
      resonate.run('invoke', 'where', '-f', 'place', '--wait'),
    ]);
    expect(number).toEqual({ code: 0, stdout: '5\n', stderr: '' });
    expect(text).toEqual({ code: 0, stdout: 'cli\n', stderr: '' });
  });

  test('--wait fails as the function did', async () => {
    // The SDK stores an error in this form.
    const value = { data: Buffer.from('{"__type":"error","message":"out of paper"}').toString('base64') };
    for (const id of ['failed', 'canceled']) await client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE });
    await client.rpc('promise.settle', { id: 'failed', state: 'rejected', value });
    await client.rpc('promise.settle', { id: 'canceled', state: 'rejected_canceled' });
    const wait = ['-f', 'f', '-t', '50ms', '--wait', ...nowhere];
    const [failed, canceled, late] = await Promise.all(
      ['failed', 'canceled', 'late'].map((id) => resonate.run('invoke', id, ...wait)),
    );
    expect(failed).toEqual({ code: 1, stdout: '', stderr: 'resonate: failed failed: out of paper\n' });
    expect(canceled).toEqual({ code: 1, stdout: '', stderr: 'resonate: canceled was canceled\n' });
    expect(late).toEqual({ code: 1, stdout: '', stderr: 'resonate: late timed out\n' });
  });

  test('--wait says on a terminal that it waits, and tolerates a short outage of the server', async () => {
    const own = await ServerProcess.start();
    const ownResonate = resonateFor(own.url);
    try {
      const invoke = ['invoke', 'patient', '-f', 'f', '--wait', ...nowhere];
      running = new Spawned(...onTerminal(invoke), { RESONATE_SERVER: own.url });
      await running.line('that it waits', (line) => line.includes('waiting for patient'), WITHIN_MS);
      await own.kill9();
      await own.restart();
      await ownResonate.json('promises', 'resolve', 'patient', '--value', '{"data":"here"}');
      await running.line('the result', (line) => line.endsWith('here'), WITHIN_MS);
      expect(await running.exited).toEqual({ code: 0, signal: null });
    } finally {
      await own.dispose();
    }
  });
});

describe('tree', () => {
  const tagged = (id: string, parent: string, more: Record<string, string> = {}, param?: object) =>
    client.rpc('promise.create', {
      id,
      timeoutAt: FAR_FUTURE,
      tags: { 'resonate:origin': 'root', 'resonate:parent': parent, ...more },
      ...(param ? { param: { data: Buffer.from(JSON.stringify(param)).toString('base64') } } : {}),
    });

  test('shows the promises of a call graph, each below its caller, in order of creation', async () => {
    await tagged('root', 'root', { 'resonate:scope': 'global' }, { func: 'main' });
    await tagged('root.b', 'root', { 'resonate:scope': 'local' }, { func: 'step' });
    await tagged('root.b.0', 'root.b', { 'resonate:timer': 'true' });
    await tagged('root.a', 'root', { 'resonate:scope': 'global' }, { func: 'far' });
    await tagged('root.a.0', 'root.a');
    await tagged('root.c', 'root', { 'resonate:scope': 'global' });
    await client.rpc('promise.settle', { id: 'root.b', state: 'resolved' });
    await client.rpc('promise.settle', { id: 'root.a.0', state: 'rejected' });
    const tree = [
      'root 🟡 (rpc main)',
      '├── root.b 🟢 (run step)',
      '│   └── root.b.0 🟡 (sleep)',
      '├── root.a 🟡 (rpc far)',
      // The public command also prints this trailing blank.
      '│   └── root.a.0 🔴 ',
      '└── root.c 🟡 (rpc)',
    ];
    expect(await resonate.run('tree', 'root')).toEqual({ code: 0, stdout: `${tree.join('\n')}\n`, stderr: '' });
    const shown = await resonate.terminal('tree', 'root');
    expect(shown.slice(0, tree.length)).toEqual([
      ...tree.slice(0, -2),
      expect.stringMatching(/^│ {3}└── root\.a\.0 🔴 failed after \d+ m?s$/),
      '└── root.c 🟡 (promise)',
    ]);
    // The reason why the root is pending.
    expect(shown.slice(tree.length)).toEqual([
      '',
      expect.stringMatching(/^It has no target/),
      expect.stringMatching(/^What to do: Settle it/),
      expect.stringMatching(/^Command: {4}resonate promises resolve 'root' --data …$/),
    ]);
    const { promises } = await resonate.json<{ promises: { id: string }[] }>('tree', 'root', '--output', 'json');
    expect(promises.map(({ id }) => id)).toEqual(['root', 'root.b', 'root.b.0', 'root.a', 'root.a.0', 'root.c']);
    const none = await resonate.run('tree', 'nothing');
    expect(none).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('nothing') });
  });

  test('shows the calls of a real workflow below the promise that invoke created', async () => {
    await resonate.json('invoke', 'work', '-f', 'sum', '--json-args', '[[1,2]]');
    await resonate.run('invoke', 'work', '-f', 'sum', '--wait');
    const lines = (await resonate.run('tree', 'work')).stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^work 🟢/);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^├── work\S+ 🟢 \(run/),
      expect.stringMatching(/^└── work\S+ 🟢 \(run/),
    ]);
  });

  test('--watch shows each change and ends when all promises are settled', async () => {
    await tagged('root.w', 'root.w', { 'resonate:origin': 'root.w' });
    const env = { RESONATE_SERVER: server.url };
    running = new Spawned(RESONATE, ['tree', 'root.w', '--watch'], env);
    const screen = new Spawned(...onTerminal(['tree', 'root.w', '--watch']), env);
    try {
      for (const watching of [running, screen]) {
        await watching.line('the pending promise', (line) => line.includes('root.w 🟡'), WITHIN_MS);
      }
      await client.rpc('promise.settle', { id: 'root.w', state: 'resolved' });
      for (const watching of [running, screen]) {
        await watching.line('the settled promise', (line) => line.includes('root.w 🟢'), WITHIN_MS);
        expect(await watching.exited).toEqual({ code: 0, signal: null });
      }
      expect(running.output()).toBe('root.w 🟡 \n\nroot.w 🟢 ');
      // The cursor moves up by the one line that the tree had before.
      expect(screen.output()).toContain('\u001b[1A\u001b[J');
    } finally {
      await screen.kill9();
    }
  });
});
