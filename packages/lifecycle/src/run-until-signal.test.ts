import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';

const FIXTURE = new URL('./run-until-signal.fixture.ts', import.meta.url).pathname;

/** Runs the fixture. `until` resolves when the fixture has printed the text. */
function run(behaviour: string, shutdownTimeoutMs = 10_000) {
  const child = spawn(process.execPath, [FIXTURE, behaviour, String(shutdownTimeoutMs)]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code as unknown, signal: signal as unknown }));
  const until = async (text: string) => {
    while (!output.includes(text)) await once(child.stdout, 'data');
  };
  return { child, until, ended, output: () => output };
}

describe('a process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'stops cleanly on %s, also when it comes twice in a row',
    async (signal) => {
      const { child, until, ended, output } = run('stops-slowly');
      await until('started');
      child.kill(signal);
      await until('stopping');
      child.kill(signal);
      expect(await ended).toEqual({ code: 0, signal: null });
      expect(output()).toContain('"msg":"stopped"');
    },
  );

  test('that does not stop in time ends with 1', async () => {
    const { child, until, ended, output } = run('stop-hangs', 100);
    await until('started');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(1);
    expect(output()).toContain('shutdown took too long');
  });

  test('that does not stop ends with 1 on a second signal', async () => {
    const { child, until, ended, output } = run('stop-hangs');
    await until('started');
    const again = setInterval(() => child.kill('SIGTERM'), 100);
    expect((await ended).code).toBe(1);
    clearInterval(again);
    expect(output()).toContain('second signal');
  });

  test('that is still starting when the signal comes is stopped as well', async () => {
    const { child, until, ended } = run('start-hangs');
    await until('started');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test.each([
    ['start-fails', 'could not start'],
    ['throws', 'uncaught exception'],
    ['rejects', 'unhandled rejection'],
  ])('whose service %s says why and ends with 1', async (behaviour, message) => {
    const { ended, output } = run(behaviour);
    expect((await ended).code).toBe(1);
    expect(output()).toContain(message);
  });

  test('whose service fails to stop says why and ends with 1', async () => {
    const { child, until, ended, output } = run('stop-fails');
    await until('started');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(1);
    expect(output()).toContain('stuck');
  });
});
