import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../processes/free-port.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { ROOT } from './image.ts';

const UP_WITHIN_MS = 60_000;
/** Debian installs HAProxy in a folder that is not on the path of every user. */
const PATH = [process.env['PATH'], '/usr/sbin', '/usr/local/sbin'].join(delimiter);

export interface LoadBalancer {
  url: string;
  stop(): Promise<void>;
}

/** The file without the parts that need Docker's network: its name server, and an address for each container. */
function localConfig(port: number, metricsPort: number, targets: readonly number[]): string {
  const servers = (name: string) =>
    targets.map((target) => `  server ${name}-${target} 127.0.0.1:${target}`).join('\n');
  return readFileSync(join(ROOT, 'deploy/compose/haproxy.cfg'), 'utf8')
    .replace(/^resolvers .*\n( {2}.*\n)+/m, '')
    .replace(/^ {2}server-template (\S+)- .*$/gm, (_, name: string) => servers(name))
    .replace('bind :8001', `bind 127.0.0.1:${port}`)
    .replace('bind :8404', `bind 127.0.0.1:${metricsPort}`);
}

/**
 * Runs HAProxy, which distributes connections over the target ports, with the configuration that docker-compose.yml mounts.
 * @param port on which it listens.
 */
export async function startLoadBalancer(port: number, targets: readonly number[]): Promise<LoadBalancer> {
  const directory = mkdtempSync(join(tmpdir(), 'haproxy-'));
  const file = join(directory, 'haproxy.cfg');
  const metricsPort = await freePort();
  writeFileSync(file, localConfig(port, metricsPort, targets));
  const haproxy = new Spawned('haproxy', ['-db', '-f', file], { PATH });
  const stop = async () => {
    await haproxy.kill9();
    rmSync(directory, { recursive: true });
  };
  try {
    await until('HAProxy has an api', UP_WITHIN_MS, async () => {
      if (!haproxy.running) throw new Error('HAProxy ended');
      return (await fetch(`http://127.0.0.1:${metricsPort}/health`)).ok;
    });
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${haproxy.output()}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}
