import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { RESONATE, ServerProcess } from '../processes/server-process.ts';
import { runCommand } from '../processes/run-command.ts';
import { Spawned } from '../processes/spawned.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let server: ServerProcess | undefined;
let terminal: Spawned | undefined;
let worker: Spawned | undefined;

afterEach(async () => {
  await server?.dispose();
  await terminal?.kill9();
  await worker?.kill9();
});

/** Runs the next steps that `dev` prints. */
async function runsTheFirstWorker(printed: string): Promise<void> {
  const code = printed.match(/^ {4}(import .*|const .*|resonate\.register.*)$/gm)?.join('\n') ?? '';
  const [, args = ''] = /^ {4}\S*resonate(?: --)? (invoke .*)$/m.exec(printed.replaceAll('\r', '')) ?? [];
  worker = new Spawned(process.execPath, ['--input-type=module', '--eval', code]);
  expect((await runCommand(RESONATE, args.split(' '))).stdout).toBe('Hello, World!\n');
}

describe('the log of a start', () => {
  test('is JSON when it goes to a file or pipe: serve', async () => {
    server = await ServerProcess.start();
    const port = Number(new URL(server.url).port);
    expect(await server.logged('Resonate Server starting')).toMatchObject({ level: 'info', port });
    expect(await server.logged('Using SQLite backend')).toMatchObject({ path: `${server.directory}/resonate.db` });
    expect(await server.logged('Auth disabled — all requests accepted')).toMatchObject({ level: 'info' });
    const lines = server.output(2_000).split('\n');
    for (const line of lines) {
      const { ts, level, msg } = JSON.parse(line) as Record<string, string>;
      expect({ ts: Number.isNaN(Date.parse(ts ?? '')), level, msg }).toEqual({
        ts: false,
        level: expect.stringMatching(/^(debug|info|warn|error)$/),
        msg: expect.stringMatching(/./),
      });
    }
  });

  test('says that dev keeps everything in memory', async () => {
    server = await ServerProcess.start({ command: 'dev' });
    expect(await server.logged('Using in-memory storage: all data is lost when the server stops')).toBeDefined();
    expect(server.output(2_000)).not.toContain('SQLite');
  });

  test('has only lines of the level --level or above', async () => {
    server = await ServerProcess.start({ args: ['--level', 'warn'] });
    expect(server.output(2_000)).toBe('');
  });

  test('is for people on a terminal, where Ctrl-C stops the server', async () => {
    const command = `exec ${RESONATE} dev --server-bind 127.0.0.1 --server-port 0 --observability-metrics-port 0`;
    // util-linux' `script` runs a command on a pseudo terminal, in $SHELL. `exec` replaces this shell, which would handle Ctrl-C.
    terminal = new Spawned('script', ['-qefc', command, '/dev/null']);
    const line = (text: string) => {
      const isIt = (heard: string) =>
        /^\S+Z +(.*)/.exec(stripVTControlCharacters(heard))?.[1]?.startsWith(text) === true;
      return terminal!.line(text, isIt, 30_000);
    };
    await line('INFO resonate: Resonate Server starting port=0');
    await line('INFO resonate: Using in-memory storage');
    await line('INFO resonate: Auth disabled — all requests accepted');
    const listening = stripVTControlCharacters(await line('INFO resonate: HTTP API listening'));
    const port = /http:\/\/localhost:(\d+)"/.exec(listening)?.[1];
    await line(`INFO resonate: Dashboard url="http://localhost:${port}/ui/"`);
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
    await terminal.line('the next steps', (text) => text.includes('Ctrl-C stops the server'), 30_000);
    await runsTheFirstWorker(terminal.output());
    terminal.type('\x03');
    await line('INFO resonate: stopped');
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
  });
});
