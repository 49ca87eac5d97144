import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../processes/free-port.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { ROOT } from './image.ts';

const UP_WITHIN_MS = 15_000;

export interface LoadBalancer {
  url: string;
  stop(): Promise<void>;
}

/**
 * Distributes connections over the target ports. If HAProxy is installed (Debian: apt-get install haproxy), it runs with the
 * configuration that docker-compose.yml mounts. Otherwise a simple round-robin proxy runs.
 * @param port on which it listens.
 */
export async function startLoadBalancer(port: number, targets: readonly number[]): Promise<LoadBalancer> {
  return hasHaproxy() ? startHaproxy(port, targets) : startRoundRobin(port, targets);
}

function hasHaproxy(): boolean {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
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

async function startHaproxy(port: number, targets: readonly number[]): Promise<LoadBalancer> {
  const directory = mkdtempSync(join(tmpdir(), 'haproxy-'));
  const file = join(directory, 'haproxy.cfg');
  const metricsPort = await freePort();
  writeFileSync(file, localConfig(port, metricsPort, targets));
  const haproxy = new Spawned('haproxy', ['-db', '-f', file]);
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

/** Sends each connection to the next port. If that port refuses it, the one after it is tried. */
async function startRoundRobin(port: number, targets: readonly number[]): Promise<LoadBalancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const forward = (client: Socket, triesLeft: number) => {
    const target = targets[turn++ % targets.length] ?? 0;
    const upstream = connect(target, '127.0.0.1');
    upstream.once('connect', () => {
      client.pipe(upstream).pipe(client);
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
    });
    upstream.once('error', () => {
      if (upstream.readyState !== 'closed' || upstream.bytesWritten > 0 || triesLeft === 0) client.destroy();
      else forward(client, triesLeft - 1);
    });
  };
  const server: Server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    forward(client, targets.length);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
