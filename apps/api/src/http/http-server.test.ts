import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import type { Service } from '@resonate/lifecycle';
import { createLogger } from '@resonate/observability';
import { openRuntime, type Runtime } from '@resonate/process';
import { createApi } from '../start.ts';

let runtime: Runtime;
let api: Service;
const log: string[] = [];

beforeEach(async () => {
  const stream = new PassThrough().on('data', (line) => log.push(String(line)));
  const flags = { 'server-port': '0', 'server-bind': '127.0.0.1', 'server-shutdown-timeout': '500ms' };
  const { config } = loadConfig({ env: {}, flags, command: 'dev' });
  runtime = await openRuntime({
    config,
    role: 'all',
    version: 'test',
    logger: createLogger({ level: 'warn', stream }),
  });
  api = createApi(runtime);
  await api.start();
});

afterEach(async () => {
  await api.stop();
  await runtime.store.close();
});

test('an error of accepting a connection is logged and does not end the process', async () => {
  let server: Server | null = null;
  const seen = (event: unknown) => (server = (event as { server: Server }).server);
  subscribe('http.server.request.start', seen);
  expect((await fetch(`${runtime.serverUrl}/health`)).status).toBe(200);
  unsubscribe('http.server.request.start', seen);
  // As Node does it when the system has too many open files. Without a listener `emit` throws.
  for (const name of ['first', 'second']) server!.emit('error', new Error(`accept ENFILE ${name}`));
  expect((await fetch(`${runtime.serverUrl}/health`)).status).toBe(200);
  expect(log.join('')).toContain('accept ENFILE first');
  expect(log.join('')).toContain('accept ENFILE second');
});
