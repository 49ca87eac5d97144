import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context, Resonate } from '@resonatehq/sdk/async';
import { ServerProcess } from '../processes/server-process.ts';
import { SDK_VERSIONS } from './workers/sdk.ts';

type AsyncEngine = typeof import('@resonatehq/sdk/async');

async function loadAsyncEngine(version: string): Promise<AsyncEngine> {
  if (version === '0.11.5') return import('@resonatehq/sdk/async');
  return (await import('@resonatehq/sdk-0.11.4/async')) as unknown as AsyncEngine;
}

const square = async (_: Context, n: number) => n * n;

/** Steps, calls and a sleep all at once: the engine has many requests of one task in flight. */
async function allAtOnce(context: Context, width: number): Promise<number> {
  const numbers = Array.from({ length: width }, (_, n) => n);
  const nap = context.sleep(300);
  const steps = numbers.map((n) => context.run(square, n));
  const calls = numbers.map((n) => context.rpc<number>('square', n, context.options({ target: 'async' })));
  const results = await Promise.all([...steps, ...calls]);
  await nap;
  return results.reduce((sum, n) => sum + n, 0);
}

describe.each(SDK_VERSIONS)('the async engine of the official SDK %s', (sdk) => {
  let server: ServerProcess;
  let resonate: Resonate;

  beforeAll(async () => {
    server = await ServerProcess.start();
    const { Resonate } = await loadAsyncEngine(sdk);
    resonate = new Resonate({ url: server.url, group: 'async', logLevel: 'error' });
    resonate.register('square', square);
    resonate.register('allAtOnce', allAtOnce);
  });

  afterAll(async () => {
    await resonate?.stop();
    await server?.dispose();
  });

  test('20 steps, 20 calls and a sleep at once', async () => {
    const squares = (19 * 20 * 39) / 6;
    const handle = await resonate.run('at-once-1', 'allAtOnce', 20);
    await expect(handle.result()).resolves.toBe(2 * squares);
  });
});
