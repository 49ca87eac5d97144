import { afterEach, expect, jest, test } from '@jest/globals';
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { freePort } from '../processes/free-port.ts';
import { RESONATE } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';

/** A server keeps running when the reader of its log ends. */

jest.setTimeout(180_000);

const READY_WITHIN_MS = 60_000;

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

async function start(stdio: StdioOptions) {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const ports = ['--server-port', String(port), '--observability-metrics-port', String(metricsPort)];
  const server = spawn(RESONATE, ['dev', '--server-bind', '127.0.0.1', ...ports], { stdio });
  child = server;
  const exited = once(server, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const isReady = async () => {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    return (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200;
  };
  await until('GET /ready answers 200', READY_WITHIN_MS, isReady);
  return {
    server,
    exited,
    isReady,
    /** Makes the server log one line. */
    logLine: async () => {
      const body = JSON.stringify({ level: 'debug' });
      const answer = await fetch(`http://127.0.0.1:${metricsPort}/log-level`, { method: 'PUT', body });
      expect(answer.status).toBe(200);
    },
  };
}

test('a server keeps running after the readers of its log and errors have ended, and stops cleanly', async () => {
  const { server, exited, isReady, logLine } = await start(['ignore', 'pipe', 'pipe']);
  server.stdout?.destroy();
  server.stderr?.destroy();
  for (let line = 0; line < 5; line++) await logLine();
  expect(await isReady()).toBe(true);
  server.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test('a server starts and stops with its log on a full disk', async () => {
  const full = openSync('/dev/full', 'w');
  try {
    const { server, exited, isReady, logLine } = await start(['ignore', full, full]);
    for (let line = 0; line < 5; line++) await logLine();
    expect(await isReady()).toBe(true);
    server.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  } finally {
    closeSync(full);
  }
});
