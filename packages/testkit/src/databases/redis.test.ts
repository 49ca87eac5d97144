import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestServer } from './owned-server.ts';
import { startRedis } from './redis.ts';

/** Sends one command and returns the first line of its answer. */
function ask(url: string, command: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(`${command}\r\n`));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().split('\r\n')[0]!);
    });
  });
}

describe('a Redis for tests', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('answers', async () => {
    expect(await ask(server.url, 'PING')).toBe('+PONG');
  });

  test('can be restarted on the same port after it was killed', async () => {
    expect(server.pids()).toHaveLength(1);
    await server.killAll();
    expect(server.pids()).toEqual([]);
    await expect(ask(server.url, 'PING')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await ask(server.url, 'PING')).toBe('+PONG');
  });

  test('takes settings', async () => {
    const locked = await startRedis({ requirepass: 'sesame' });
    expect(await ask(locked.url, 'PING')).toBe('-NOAUTH Authentication required.');
    await locked.stop();
  });
});
