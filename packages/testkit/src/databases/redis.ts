import { freePort } from '../free-port.ts';
import { startOwned, type TestServer } from './owned-server.ts';

/** A server must say on its standard error that it is ready; Redis says so on its standard output. */
const TO_STDERR = 'exec redis-server "$@" >&2';

/**
 * Starts a Redis of its own on a free port, which keeps nothing on disk (so a restart forgets everything). It ends with
 * this process, however that ends. The settings are those of redis.conf; with a password, put it into the URL.
 * @throws when there is no redis-server on the path (Debian: apt-get install redis-server).
 */
export async function startRedis(settings: Record<string, string> = {}): Promise<TestServer> {
  const port = await freePort();
  const server = await startOwned('redis', (directory) => {
    const all = { port: String(port), bind: '127.0.0.1', dir: directory, save: '', ...settings };
    return {
      command: 'sh',
      args: ['-c', TO_STDERR, 'sh', ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])],
      ready: /Ready to accept connections/,
    };
  });
  return { ...server, url: `redis://127.0.0.1:${port}` };
}
