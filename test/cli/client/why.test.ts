import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Why } from '@resonate/admin';
import { RESONATE, ServerProcess } from '../../processes/server-process.ts';
import { Spawned } from '../../processes/spawned.ts';
import { startWorker } from '../../sdk/worker-process.ts';
import { resonateFor, type Resonate } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);
const WITHIN_MS = 60_000;

let server: ServerProcess;
let resonate: Resonate;
let running: Spawned | undefined;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev' });
  resonate = resonateFor(server.url);
});

afterEach(() => running?.kill9());

afterAll(() => server?.dispose());

const invoke = (id: string, func: string, ...args: string[]) =>
  resonate.json('invoke', id, '-f', func, '--target', 'poll://any@cli-why', ...args);

test('promises why prints the reason as a sentence, and the whole answer as JSON', async () => {
  await invoke('stuck', 'pack');
  const [sentence, action, ...rest] = await resonate.terminal('promises', 'why', 'stuck');
  expect(sentence).toMatch(/^It waits for a worker of group cli-why, but none is connected/);
  expect(action).toMatch(/^What to do: Start a worker of group cli-why that has the function pack\./);
  expect(rest).toEqual([]);
  expect(await resonate.json<Why>('promises', 'why', 'stuck')).toMatchObject({ id: 'stuck', cause: 'no_worker' });
  const none = await resonate.run('promises', 'why', 'nothing');
  expect(none).toEqual({ code: 1, stdout: '', stderr: 'resonate: Promise not found (404)\n' });
});

test('promises get and tree add the reason on a terminal, not in a pipe', async () => {
  await invoke('shown', 'pack');
  for (const command of [
    ['promises', 'get', 'shown'],
    ['tree', 'shown'],
  ]) {
    const lines = await resonate.terminal(...command);
    expect(lines.slice(-3)).toEqual([
      '',
      expect.stringContaining('It waits for a worker of group cli-why'),
      expect.stringMatching(/^What to do:/),
    ]);
    expect((await resonate.run(...command)).stdout).not.toContain('What to do');
  }
  await resonate.json('promises', 'resolve', 'shown');
  expect((await resonate.terminal('promises', 'get', 'shown')).join()).not.toContain('What to do');
});

test('invoke --wait says once, after some seconds, that somebody has to act', async () => {
  const wait = ['invoke', 'waited', '-f', 'pack', '--target', 'poll://any@cli-why', '--wait'];
  running = new Spawned(RESONATE, wait, { RESONATE_SERVER: server.url });
  const line = await running.line('the reason', (text) => text.startsWith('Still waiting.'), WITHIN_MS);
  expect(line).toMatch(/^Still waiting\. It waits for a worker of group cli-why/);
  await resonate.json('promises', 'resolve', 'waited', '--value', '{"data":"packed"}');
  await running.line('the result', (text) => text === 'packed', WITHIN_MS);
  expect(await running.exited).toEqual({ code: 0, signal: null });
  expect(running.output().match(/Still waiting/g)).toHaveLength(1);
});

test('a failed workflow shows its error, duration and function, and which call failed first', async () => {
  const worker = await startWorker({ sdk: '0.11.5', url: server.url, name: 'w', group: 'cli-why' });
  try {
    const ended = await resonate.run(
      ...['invoke', 'bad', '-f', 'elsewhere', '--target', 'poll://any@cli-why', '--wait'],
      ...['--arg', 'cli-why', '--arg', 'givesUp', '--arg', '[]'],
    );
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('no luck') });
  } finally {
    await worker.kill9();
  }
  const [root, ...below] = await resonate.terminal('tree', 'bad');
  expect(root).toMatch(/^bad 🔴 \(elsewhere\) failed after \d+ m?s: .*no luck/);
  expect(below[0]).toMatch(/^└── \S+ 🔴 \(rpc givesUp\) failed after \d+ m?s: .*no luck/);
  const { sentence, chain } = await resonate.json<Why>('promises', 'why', 'bad');
  expect(sentence).toMatch(/^It failed at .*no luck.* The error came from /);
  expect(chain[1]).toMatchObject({ function: 'givesUp', state: 'rejected' });
});

test('schedules why says when it runs next, and why it does not', async () => {
  await resonate.json(
    ...['schedules', 'create', 'nightly', '--cron', '0 2 * * *'],
    ...['--promise-id', 'n.{{.timestamp}}', '--promise-timeout', '1h'],
  );
  expect((await resonate.terminal('schedules', 'why', 'nightly'))[0]).toMatch(/^It has not run yet, and runs next at/);
  await resonate.json('schedules', 'pause', 'nightly');
  expect(await resonate.terminal('schedules', 'why', 'nightly')).toEqual([
    expect.stringMatching(/^It is paused since/),
    'What to do: Resume it.',
    "Command:    resonate schedules resume 'nightly'",
  ]);
});
