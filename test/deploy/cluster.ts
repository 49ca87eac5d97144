import { createServer } from 'node:http';
import { freePort } from '../processes/free-port.ts';
import { searchPromises, call } from '../processes/wire.ts';
import { until } from '../processes/until.ts';
import type { Spawned } from '../processes/spawned.ts';
import { startClient, within } from '../sdk/client.ts';
import { startWorker } from '../sdk/worker-process.ts';
import { journeyResult } from '../sdk/workers/functions.ts';
import { withHosts, type Hosts } from './backing.ts';
import { Container } from './container.ts';
import type { Image } from './image.ts';
import { startLoadBalancer, type LoadBalancer } from './load-balancer.ts';

const SDK = '0.11.5';
const GROUP = 'workers';
/** The lease of workers: after this time, another worker takes a call that was lost with an api. */
const TTL_MS = 2_000;
const JOURNEYS = 20;
/** If a worker's request was lost with the api, its task is sent again after tasks.retry_timeout (30 s). */
const FINISHED_WITHIN_MS = 90_000;

/** One role as a manifest describes it. */
export interface RoleSpec {
  role: string;
  replicas: number;
  args: readonly string[];
  env: Record<string, string>;
  /** URLs that are requested until they answer 200. */
  probes: readonly { port: 'http' | 'metrics'; path: string }[];
  /** How long the orchestrator waits between SIGTERM and SIGKILL. */
  graceMs: number;
}

interface ClusterProcess {
  role: string;
  leader: boolean;
}

/** All processes that the manifest of a cluster describes, behind a load balancer. */
export class Cluster {
  readonly #roles = new Map<string, RoleSpec & { containers: Container[] }>();
  #balancer: LoadBalancer | undefined;

  /** @param publicHost the host and port at which clients reach the apis, as the manifest names them. */
  static async start(image: Image, roles: readonly RoleSpec[], hosts: Hosts, publicHost: string): Promise<Cluster> {
    const cluster = new Cluster();
    const port = await freePort();
    const here = { ...hosts, [publicHost]: `127.0.0.1:${port}` };
    try {
      // All at once, as an orchestrator does.
      await Promise.all(roles.map((spec) => cluster.#startRole(image, { ...spec, env: withHosts(spec.env, here) })));
      const targets = cluster.containers('api').map(({ ports }) => ports.http);
      cluster.#balancer = await startLoadBalancer(port, targets);
      return cluster;
    } catch (error) {
      await cluster.remove();
      throw error;
    }
  }

  async #startRole(image: Image, spec: RoleSpec): Promise<void> {
    const containers: Container[] = [];
    this.#roles.set(spec.role, { ...spec, containers });
    for (let n = 1; n <= spec.replicas; n++) {
      containers.push(await Container.start(image, { name: `${spec.role}-${n}`, args: spec.args, env: spec.env }));
    }
    await Promise.all(
      containers.flatMap((container) => spec.probes.map(({ port, path }) => container.answers(port, path))),
    );
  }

  get url(): string {
    return this.#balancer?.url ?? '';
  }

  containers(role?: string): Container[] {
    const roles = [...this.#roles.values()].filter((spec) => role === undefined || spec.role === role);
    return roles.flatMap(({ containers }) => containers);
  }

  /** The running processes, as the cluster lists them. */
  async processes(): Promise<ClusterProcess[]> {
    const answer = await fetch(`${this.url}/cluster`);
    return ((await answer.json()) as { processes: ClusterProcess[] }).processes;
  }

  /** Sends SIGTERM to all at once. @returns their exit codes. @throws if one exceeds its grace period. */
  async terminate(): Promise<(number | null)[]> {
    const exits = [...this.#roles.values()].flatMap(({ containers, graceMs }) =>
      containers.map((container) => container.terminate(graceMs)),
    );
    return (await Promise.all(exits)).map(({ code }) => code);
  }

  async remove(): Promise<void> {
    await this.#balancer?.stop();
    await Promise.all(this.containers().map((container) => container.remove()));
  }
}

/**
 * Runs workflows of the official SDK through the load balancer: calls, timers, results. One api is killed meanwhile.
 * @returns the results and the expected results.
 */
export async function journeysThrough(cluster: Cluster): Promise<{ results: number[]; expected: number[] }> {
  const workers: Spawned[] = [];
  const client = await startClient({ sdk: SDK, url: cluster.url, workers: GROUP });
  try {
    for (const name of ['first', 'second', 'third']) {
      workers.push(await startWorker({ sdk: SDK, url: cluster.url, name, group: GROUP, ttlMs: TTL_MS }));
    }
    const numbers = Array.from({ length: JOURNEYS }, (_, n) => n);
    const options = client.options({ target: GROUP });
    const handles = await Promise.all(
      numbers.map((n) => client.beginRpc<number>(`journey-${n}`, 'journey', n, options)),
    );
    const results = Promise.all(handles.map((handle) => handle.result()));
    // Failures are reported where the results are awaited.
    results.catch(() => undefined);
    await until('workflows are under way', FINISHED_WITHIN_MS, async () => {
      return (await searchPromises(cluster.url, {}, 'resolved')).length >= JOURNEYS;
    });
    await cluster.containers('api')[0]?.kill9();
    return {
      results: await within(FINISHED_WITHIN_MS, `${JOURNEYS} results`, results),
      expected: numbers.map(journeyResult),
    };
  } finally {
    await client.stop();
    for (const worker of workers) await worker.kill9();
  }
}

/** Creates a promise whose target is an HTTP server of this test. @returns the message that a dispatcher posts to it. */
export async function pushThrough(cluster: Cluster, id: string): Promise<unknown> {
  const received = Promise.withResolvers<string>();
  const target = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.end();
      received.resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => target.listen(port, '127.0.0.1', resolve));
  try {
    await call(cluster.url, 'promise.create', {
      id,
      timeoutAt: Date.now() + 60_000,
      param: {},
      tags: { 'resonate:target': `http://127.0.0.1:${port}/` },
    });
    return JSON.parse(await within(30_000, 'the message', received.promise));
  } finally {
    target.closeAllConnections();
    await new Promise((resolve) => target.close(resolve));
  }
}
