import { freePort } from '../free-port.ts';
import { OwnedServer, serverDirectory } from './owned-server.ts';
import type { TestServer } from './postgres.ts';

/** A server must say on its standard error that it is ready; Redis says so on its standard output. */
const TO_STDERR = 'exec redis-server "$@" >&2';

/**
 * Starts a Redis of its own on a free port, which keeps nothing on disk (so a restart forgets everything). It ends with
 * this process, however that ends. The settings are those of redis.conf; with a password, put it into the URL.
 * @throws when there is no redis-server on the path (Debian: apt-get install redis-server).
 */
export async function startRedis(settings: Record<string, string> = {}): Promise<TestServer> {
  const port = await freePort();
  const directory = serverDirectory('redis');
  const all = { port: String(port), bind: '127.0.0.1', dir: directory, save: '', ...settings };
  const server = new OwnedServer({
    command: 'sh',
    args: ['-c', TO_STDERR, 'sh', ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])],
    ready: /Ready to accept connections/,
    directory,
  });
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: () => server.stop(),
    kill9: () => server.kill9(),
    restart: async () => {
      await server.pause();
      await server.start();
    },
    pids: () => server.pids(),
  };
}
