import { WebSocketNetwork } from '../../clients/typescript/src/index.ts';
import { functions } from './workers/functions.ts';
import { loadSdk, type NetworkName, type Sdk } from './workers/sdk.ts';

export type Client = InstanceType<Sdk['Resonate']>;

export interface ClientOptions {
  sdk: string;
  url: string;
  /** Default: the SDK's own, over HTTP. */
  network?: NetworkName;
  /** The group to which its `rpc` calls go. */
  workers: string;
}

/** A client in the process of the test, in the group "client". It can `run` the same functions as the workers. */
export async function startClient(options: ClientOptions): Promise<Client> {
  const { Resonate, Constant } = await loadSdk(options.sdk);
  const silent = () => undefined;
  const client = new Resonate({
    ...(options.network === 'websocket'
      ? { network: new WebSocketNetwork({ url: options.url, group: 'client' }) }
      : { url: options.url, group: 'client' }),
    // These tests cause faults on purpose. The SDK's warnings about them would only hide jest's report.
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const all = functions({ name: 'client', group: options.workers, stuck: false, Constant });
  for (const [name, implementation] of Object.entries(all)) client.register(name, implementation);
  return client;
}

/** Encodes a value as the SDK does, for settling a promise from outside. */
export function encoded(value: unknown): { headers: Record<string, string>; data: string } {
  return { headers: {}, data: Buffer.from(JSON.stringify(value)).toString('base64') };
}

/** Decodes the value of a record that the SDK has encoded. */
export function decoded(value: { data?: string }): unknown {
  return JSON.parse(Buffer.from(value.data ?? '', 'base64').toString('utf8'));
}

/** The result of `pending`. After `withinMs` it throws an error that names what was awaited. */
export async function within<T>(withinMs: number, what: string, pending: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([pending, late]);
  } finally {
    clearTimeout(timer);
  }
}
