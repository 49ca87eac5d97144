import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { someOf } from '@resonate/testkit';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { searchPromises } from '../processes/wire.ts';
import { startClient, within, type Client } from './client.ts';
import { journeyResult } from './workers/functions.ts';
import { CURRENT_CLIENTS } from './workers/sdk.ts';
import { startWorker } from './worker-process.ts';

const GROUP = 'workers';
/** Short leases: the tasks of a dead worker can be acquired again after this time. */
const TTL_MS = 2_000;
/** Far above the lease, and less than the 30 s after which an unanswered message is sent again. An acquired task moves earlier. */
const TAKEN_OVER_WITHIN_MS = 25_000;
/** A message that a killed process has received without acquiring its task is sent again after 30 s. */
const RECOVERED_WITHIN_MS = 120_000;
const WITHIN_MS = 60_000;

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(300_000);

describe.each(someOf(CURRENT_CLIENTS, 1))('with the official SDK %s over %s', (sdk, network) => {
  let server: ServerProcess;
  let client: Client;
  let workers: Spawned[];

  beforeEach(async () => {
    workers = [];
    server = await ServerProcess.start();
    client = await startClient({ sdk, network, url: server.url, workers: GROUP });
  });

  afterEach(async () => {
    await client?.stop();
    for (const worker of workers) await worker.kill9();
    await server?.dispose();
  });

  async function worker(name: string, stuck = false): Promise<Spawned> {
    const started = await startWorker({ sdk, network, url: server.url, name, group: GROUP, ttlMs: TTL_MS, stuck });
    workers.push(started);
    return started;
  }

  /** Starts `count` journeys. From now on listeners wait for `results`, which are their results. */
  async function startJourneys(count: number): Promise<{ results: Promise<number[]> }> {
    const options = client.options({ target: GROUP });
    const handles = await Promise.all(
      Array.from({ length: count }, (_, n) => client.beginRpc<number>(`journey-${n}`, 'journey', n, options)),
    );
    const results = Promise.all(handles.map((handle) => handle.result()));
    // A failure is reported where the test awaits the results. Without this it would be an unhandled rejection.
    results.catch(() => undefined);
    return { results };
  }

  /** Resolves when at least `count` promises of the journeys are resolved, so that their work has begun. */
  async function progress(count: number): Promise<void> {
    await until(`${count} promises resolved`, WITHIN_MS, async () => {
      const resolved = await searchPromises(server.url, {}, 'resolved');
      return resolved.length >= count;
    });
  }

  test('a worker that is killed during a workflow is replaced by another one, which does not repeat completed steps', async () => {
    const first = await worker('first', true);
    const result = client.rpc('two-places', 'twoPlaces', client.options({ target: GROUP }));
    await first.line('the gate', (line) => line === 'at the gate: first', WITHIN_MS);
    await worker('second');
    await first.kill9();
    await expect(within(TAKEN_OVER_WITHIN_MS, 'the result', result)).resolves.toEqual({
      first: 'first',
      second: 'second',
    });
  });

  test('50 workflows complete although one of two workers is killed', async () => {
    const doomed = await worker('doomed');
    await worker('survivor');
    const { results } = await startJourneys(50);
    await progress(60);
    await doomed.kill9();
    await expect(within(RECOVERED_WITHIN_MS, '50 results', results)).resolves.toEqual(expectedResults(50));
  });

  test('50 workflows complete although the server is killed twice', async () => {
    await worker('first');
    await worker('second');
    const { results } = await startJourneys(50);
    for (const resolved of [30, 120]) {
      await progress(resolved);
      await server.kill9();
      await server.restart();
    }
    await expect(within(RECOVERED_WITHIN_MS, '50 results', results)).resolves.toEqual(expectedResults(50));
    const unfinished = await searchPromises(server.url, {}, 'pending');
    expect(unfinished.map((promise) => promise.id)).toEqual([]);
  });

  test('workflows that were started before a clean stop continue after the next start', async () => {
    await worker('only');
    const slept = client.rpc('nap', 'sleepFor', 1_500, client.options({ target: GROUP }));
    await until('the workflow sleeps', WITHIN_MS, async () => {
      const pending = await searchPromises(server.url, { 'resonate:timer': 'true' }, 'pending');
      return pending.length === 1;
    });
    await expect(server.stop()).resolves.toBe(0);
    await server.restart();
    await expect(within(RECOVERED_WITHIN_MS, 'the end of the nap', slept)).resolves.toBeGreaterThanOrEqual(1_500);
  });
});

function expectedResults(count: number): number[] {
  return Array.from({ length: count }, (_, n) => journeyResult(n));
}
