import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { createApi } from '../start.ts';

let runtime: Runtime;
let api: Service;
const log: string[] = [];

beforeEach(async () => {
  const flags = { 'server-port': '0', 'server-bind': '127.0.0.1', 'server-shutdown-timeout': '500ms' };
  runtime = await runtimeForTests({ flags, log });
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
