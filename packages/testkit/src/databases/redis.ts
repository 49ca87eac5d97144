import { freePort } from '../free-port.ts';
import { startOwned, type TestServer } from './owned-server.ts';

/** `startOwned` waits for a line on standard error, but Redis logs to standard output. */
const TO_STDERR = 'exec redis-server "$@" >&2';

/**
 * Starts a new Redis on a free port. It stores nothing on disk, so a restart loses everything. It ends when this process
 * ends, for any reason. The settings are those of redis.conf. If they set a password, the caller adds it to the URL.
 * @throws if there is no redis-server in PATH (Debian: apt-get install redis-server).
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
