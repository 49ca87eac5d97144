import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context, Resonate } from '@resonatehq/sdk/async';
import { WebSocketNetwork } from '../../clients/typescript/src/index.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { SDK_VERSIONS, type NetworkName } from './workers/sdk.ts';

type AsyncEngine = typeof import('@resonatehq/sdk/async');

async function loadAsyncEngine(version: string): Promise<AsyncEngine> {
  if (version === '0.11.5') return import('@resonatehq/sdk/async');
  return (await import('@resonatehq/sdk-0.11.4/async')) as unknown as AsyncEngine;
}

const square = async (_: Context, n: number) => n * n;

/** Steps, calls and a sleep at the same time, so that the engine has many requests of one task in flight. */
async function allAtOnce(context: Context, width: number, target: string): Promise<number> {
  const numbers = Array.from({ length: width }, (_, n) => n);
  const nap = context.sleep(300);
  const steps = numbers.map((n) => context.run(square, n));
  const calls = numbers.map((n) => context.rpc<number>('square', n, context.options({ target })));
  const results = await Promise.all([...steps, ...calls]);
  await nap;
  return results.reduce((sum, n) => sum + n, 0);
}

const NETWORKS: readonly NetworkName[] = ['http', 'websocket'];
const PAIRS = SDK_VERSIONS.flatMap((sdk) => NETWORKS.map((network) => [sdk, network] as const));

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.start();
});

afterAll(() => server?.dispose());

describe.each(PAIRS)('the async engine of the official SDK %s over %s', (sdk, network) => {
  const group = `${sdk}-${network}`;
  let resonate: Resonate;

  beforeAll(async () => {
    const { Resonate } = await loadAsyncEngine(sdk);
    const { url } = server;
    const way = network === 'websocket' ? { network: new WebSocketNetwork({ url, group }) } : { url, group };
    resonate = new Resonate({ ...way, logLevel: 'error' });
    resonate.register('square', square);
    resonate.register('allAtOnce', allAtOnce);
  });

  afterAll(() => resonate?.stop());

  test('20 steps, 20 calls and a sleep at once', async () => {
    const squares = (19 * 20 * 39) / 6;
    const handle = await resonate.run(`at-once-${group}`, 'allAtOnce', 20, group);
    await expect(handle.result()).resolves.toBe(2 * squares);
  });
});
