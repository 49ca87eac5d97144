import { createServer, type Http2Server } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Site } from '../../load/scenario.ts';
import type { Workflow } from './workflow.ts';

/**
 * The parts of Restate's packages that are used. They are installed in bench/peers, not with the project, so their own
 * types are not available.
 */
interface Context {
  run<Result>(name: string, step: () => Result): Promise<Result>;
}

interface Sdk {
  service<Handlers>(definition: { name: string; handlers: Handlers }): object;
  createEndpointHandler(options: { services: object[]; logger(): void }): Parameters<Http2Server['on']>[1];
}

interface Clients {
  connect(options: { url: string }): {
    serviceClient(service: { name: string }): {
      count(steps: number, options: object): Promise<number>;
    };
  };
  rpc: { opts(options: { idempotencyKey: string }): object };
}

const SDK: string = '@restatedev/restate-sdk';
const CLIENTS: string = '@restatedev/restate-sdk-clients';
/** The query parameter of the ingress URL that has the URL of the admin API. */
export const ADMIN = 'admin';

async function count(context: Context, steps: number): Promise<number> {
  let n = 0;
  for (let step = 0; step < steps; step++) n = await context.run('increment', () => n + 1);
  return n;
}

/** `url` is the server's ingress; the service runs in this process. The id becomes the idempotency key. */
export async function openRestate({ url }: Site): Promise<Workflow> {
  const { service, createEndpointHandler } = (await import(SDK)) as Sdk;
  const { connect, rpc } = (await import(CLIENTS)) as Clients;
  const services = [service({ name: 'count', handlers: { count } })];
  const endpoint = createServer();
  endpoint.on('request', createEndpointHandler({ services, logger: () => {} }));
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const ingress = new URL(url);
  await register(ingress.searchParams.get(ADMIN) ?? '', (endpoint.address() as AddressInfo).port);
  const client = connect({ url: ingress.origin }).serviceClient({ name: 'count' });
  return {
    run: (id, steps) => client.count(steps, rpc.opts({ idempotencyKey: id })),
    async close() {
      endpoint.close();
    },
  };
}

/** Registers the service with the server. */
async function register(admin: string, port: number): Promise<void> {
  const answer = await fetch(`${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  if (!answer.ok) throw new Error(`Restate answered ${answer.status} to the registration: ${await answer.text()}`);
}
