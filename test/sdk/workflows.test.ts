import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { someOf } from '@resonate/testkit';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { call, searchPromises } from '../processes/wire.ts';
import { decoded, encoded, startClient, within, type Client } from './client.ts';
import { CLIENTS } from './workers/sdk.ts';
import { startWorker } from './worker-process.ts';

const WORKERS = 'workers';

/**
 * The network throws errors of the SDK that is installed together with it, which is 0.11.5 here. So this pair runs only these
 * tests, in which no request fails, and not the tests with faults.
 */
const OLDER_OVER_WEBSOCKET = ['0.11.4', 'websocket'] as const;

describe.each(someOf([...CLIENTS, OLDER_OVER_WEBSOCKET], 2))('the official SDK %s over %s', (sdk, network) => {
  const atOnce = sdk === '0.11.5' ? 500 : 100;
  let server: ServerProcess;
  let worker: Spawned;
  let client: Client;

  beforeAll(async () => {
    server = await ServerProcess.start();
    worker = await startWorker({ sdk, network, url: server.url, name: 'worker-1', group: WORKERS });
    client = await startClient({ sdk, network, url: server.url, workers: WORKERS });
  });

  afterAll(async () => {
    await client?.stop();
    await worker?.kill9();
    await server?.dispose();
  });

  /** Runs a function on the worker and waits for its result. */
  function onWorker(id: string, name: string, ...args: unknown[]): Promise<unknown> {
    return client.rpc(id, name, ...args, client.options({ target: WORKERS }));
  }

  test('runs a workflow of local steps in its own process', async () => {
    await expect(client.run('run-1', 'sum', [1, 2, 3, 4])).resolves.toBe(10);
  });

  test('runs a workflow on a worker', async () => {
    await expect(onWorker('rpc-1', 'sum', [5, 6])).resolves.toBe(11);
  });

  test('gives the recorded result to a second call with the same id', async () => {
    await expect(onWorker('same-1', 'add', 1, 2)).resolves.toBe(3);
    await expect(onWorker('same-1', 'add', 100, 200)).resolves.toBe(3);
  });

  test('a workflow run locally awaits a function of another process', async () => {
    await expect(client.run('call-1', 'callOther', 20, 22)).resolves.toBe(42);
  });

  test('makes 50 calls at once and collects their results', async () => {
    await expect(onWorker('fan-1', 'fanOut', 50)).resolves.toBe((50 * 51 * 101) / 6);
  });

  test('sleeps for at least the given time and not much longer', async () => {
    const slept = await onWorker('sleep-1', 'sleepFor', 400);
    expect(slept).toBeGreaterThanOrEqual(400);
    expect(slept).toBeLessThan(2_400);
  });

  test('continues when a promise is resolved from outside', async () => {
    const pending = onWorker('ask-1', 'askOutside');
    const [question] = await until('the question', 30_000, async () => {
      const found = await searchPromises(server.url, { question: 'ask-1' }, 'pending');
      return found.length > 0 && found;
    });
    await client.promises.resolve(question?.id ?? '', encoded('yes'));
    await expect(pending).resolves.toBe('outside said yes');
  });

  test('a detached call outlives its caller', async () => {
    const id = (await onWorker('detach-1', 'startDetached', 3, 4)) as string;
    const detached = await client.get<number>(id);
    await expect(detached.result()).resolves.toBe(7);
  });

  test('recursion to a depth of 20 works', async () => {
    await expect(onWorker('deep-1', 'countDown', 20)).resolves.toBe(20);
  });

  test('a schedule runs its function once per occurrence until it is deleted', async () => {
    const schedule = await client.schedule(
      'every-second',
      '* * * * * *',
      'add',
      40,
      2,
      client.options({ target: WORKERS }),
    );
    const fired = { 'resonate:schedule': 'every-second' };
    await until('three occurrences', 30_000, async () => (await searchPromises(server.url, fired)).length >= 3);
    await schedule.delete();
    const runs = await until('the end of all runs', 30_000, async () => {
      const all = await searchPromises(server.url, fired);
      return all.every((run) => run.state === 'resolved') && all;
    });
    const seconds = runs.map((run) => run.createdAt / 1_000);
    expect(seconds.every(Number.isInteger)).toBe(true);
    expect(seconds).toEqual(seconds.map((_, n) => (seconds[0] ?? 0) + n));
    expect(runs.map((run) => decoded(run.value))).toEqual(runs.map(() => 42));
    await expect(call(server.url, 'schedule.get', { id: 'every-second' })).rejects.toThrow('404');
  });

  test('a step that fails twice is retried, and the result of its third attempt is stored', async () => {
    await expect(onWorker('retry-1', 'retried')).resolves.toBe(3);
  });

  test('an error that remains after all retries reaches the caller', async () => {
    await expect(onWorker('error-1', 'givesUp')).rejects.toThrow('no luck');
  });

  test('a workflow can catch the error of a function of another process', async () => {
    await expect(onWorker('catch-1', 'catches')).resolves.toBe('caught: no luck');
  });

  test('a workflow that takes longer than its timeout is rejected', async () => {
    const options = client.options({ target: WORKERS, timeout: 300 });
    await expect(client.rpc('late-1', 'askOutside', options)).rejects.toThrow('timedout');
  });

  test('the caller of a canceled workflow gets an error', async () => {
    const pending = await client.beginRpc('cancel-1', 'askOutside', client.options({ target: WORKERS }));
    const result = pending.result();
    await client.promises.cancel('cancel-1');
    await expect(result).rejects.toThrow('canceled');
  });

  test(`runs ${atOnce} workflows at once`, async () => {
    const numbers = Array.from({ length: atOnce }, (_, n) => n);
    const results = await within(
      60_000,
      `${atOnce} results`,
      Promise.all(numbers.map((n) => onWorker(`many-${n}`, 'sum', [n, 1]))),
    );
    expect(results).toEqual(numbers.map((n) => n + 1));
  }, 90_000);
});
