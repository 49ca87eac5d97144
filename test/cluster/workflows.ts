import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Spawned } from '../processes/spawned.ts';
import { startClient, within, type Client } from '../sdk/client.ts';
import { journeyResult } from '../sdk/workers/functions.ts';
import { startWorker } from '../sdk/worker-process.ts';
import type { NetworkName } from '../sdk/workers/sdk.ts';
import { metricOf, type TestCluster } from './cluster.ts';
import { INSTALLED_WITHIN_MS, installPythonSdk, startPythonWorker } from './python.ts';
import { startSplitRoute, type SplitRoute } from './split-route.ts';

const SDK = '0.11.5';
const JOURNEYS = 20;
const FINISHED_WITHIN_MS = 60_000;
/** The lease of workers: after this time, another worker takes a call that was lost with a process. */
const TTL_MS = 5_000;

export function workflowTests(cluster: () => TestCluster): void {
  describe('workflows of the official SDKs', () => {
    const routes: SplitRoute[] = [];
    const workers: Spawned[] = [];
    let client: Client;
    let python: string;

    beforeAll(async () => void (python = await installPythonSdk()), INSTALLED_WITHIN_MS);

    beforeAll(async () => {
      const [first, second] = cluster().apis;
      routes.push(await startSplitRoute(first.url, second.url), await startSplitRoute(second.url, first.url));
      const ways: { url: string; network: NetworkName }[] = [
        ...routes.map(({ url }) => ({ url, network: 'http' as const })),
        { url: cluster().url, network: 'http' },
        { url: cluster().url, network: 'websocket' },
      ];
      const started = ways.map((way, index) => {
        return startWorker({ sdk: SDK, ...way, name: `worker-${index}`, group: 'workers', ttlMs: TTL_MS });
      });
      workers.push(...(await Promise.all(started)));
      client = await startClient({ sdk: SDK, url: cluster().url, workers: 'workers' });
    });

    afterAll(async () => {
      await client?.stop();
      for (const worker of workers) await worker.kill9();
      for (const route of routes) await route.stop();
    });

    /** Runs a function on a worker of the group and waits for its result. */
    function on(group: string, id: string, name: string, ...args: unknown[]): Promise<unknown> {
      return within(FINISHED_WITHIN_MS, id, client.rpc(id, name, ...args, client.options({ target: group })));
    }

    test('give the right results with workers on different replicas, over event streams of another replica and over WebSockets', async () => {
      const streams = await Promise.all(cluster().apis.map((api) => metricOf(api, 'resonate_sse_connections')));
      expect(Math.min(...streams)).toBeGreaterThan(0);
      const numbers = Array.from({ length: JOURNEYS }, (_, n) => n);
      const results = await Promise.all(numbers.map((n) => on('workers', `journey-${n}`, 'journey', n)));
      expect(results).toEqual(numbers.map(journeyResult));
    });

    test('call from TypeScript to Python and back within one workflow', async () => {
      const [first, second] = cluster().apis;
      const names = { group: 'python', name: 'python-1', others: 'workers' };
      workers.push(await startPythonWorker(python, { url: first.url, streamUrl: second.url, ...names }));
      // Python calls TypeScript many times at once.
      expect(await on('python', 'squares', 'python_squares', [1, 2, 3, 4])).toBe(30);
      // TypeScript calls Python, which calls TypeScript.
      expect(await on('workers', 'there', 'elsewhere', 'python', 'python_squares', [[5, 6]])).toBe(61);
      // Python calls TypeScript, which calls Python.
      expect(await on('python', 'round', 'python_round_trip', 20, 22)).toBe(42);
    });
  });
}
