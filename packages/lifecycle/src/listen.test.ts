import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { silentLogger, type Logger } from '@resonate/observability';
import { listen } from './listen.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function server(): Server {
  const created = createServer();
  servers.push(created);
  return created;
}

const on = (port: number, logger: Logger = silentLogger) => ({
  bind: '127.0.0.1',
  port,
  option: 'server.port',
  logger,
});

test('says which port was opened, and names the address and the option if it is in use', async () => {
  const port = await listen(server(), on(0));
  expect(port).toBeGreaterThan(0);
  await expect(listen(server(), on(port))).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port} (server.port): listen EADDRINUSE`,
  );
});

test('an error of an open server is logged and does not end the process', async () => {
  const logged: unknown[] = [];
  const logger = { ...silentLogger, warn: (...line: unknown[]) => logged.push(line) } as unknown as Logger;
  const opened = server();
  const port = await listen(opened, on(0, logger));
  const error = new Error('too many open files');
  opened.emit('error', error);
  expect(logged).toEqual([['a connection could not be accepted', { port, error }]]);
});
