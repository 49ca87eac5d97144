import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { startClient, within, type Client } from './client.ts';
import { startCrashingWorker, type CrashingWorkerOptions } from './crashing-worker-process.ts';
import type { NetworkName } from './workers/sdk.ts';

const NETWORKS: readonly NetworkName[] = ['http', 'websocket'];
/** So many that most answers to a fence no longer have the whole branch (docs/decisions/fence-preload.md). */
const STEPS = 30;
/** 21 results of this size, encoded, are the 8 MiB of a preload. So the preload is partial from the first crash on. */
const RESULT_BYTES = 300_000;
const [FIRST_CRASH, SECOND_CRASH] = [25, 28];
/** A busy machine takes seconds to read such a preload, and the SDK sends no heartbeat meanwhile. */
const TTL_MS = 6_000;
const DONE_WITHIN_MS = 90_000;

let server: ServerProcess;
const clients: Client[] = [];
const workers: Spawned[] = [];

beforeAll(async () => {
  // The message of a dead worker is sent to another one after this time.
  server = await ServerProcess.start({ args: ['--tasks-retry-timeout', '3000'] });
});

afterAll(async () => {
  for (const client of clients) await client.stop();
  for (const worker of workers) await worker.kill9();
  await server?.dispose();
});

async function startWorker(
  network: NetworkName,
  name: string,
  crash: Pick<CrashingWorkerOptions, 'at' | 'step'> = {},
): Promise<Spawned> {
  const worker = await startCrashingWorker({ url: server.url, group: network, name, network, ttlMs: TTL_MS, ...crash });
  workers.push(worker);
  return worker;
}

const linesOf = (worker: Spawned) => worker.output(2_000).split('\n');
const end = (worker: Spawned) => until('the end of the worker', DONE_WITHIN_MS, () => !worker.running);

/** One workflow whose worker is killed twice. @returns its result, and what its workers printed. */
async function runKilledTwice(network: NetworkName): Promise<{ marks: unknown; printed: string[][] }> {
  const client = await startClient({ sdk: '0.11.5', network, url: server.url, workers: network });
  clients.push(client);
  const first = await startWorker(network, 'first', { at: 'the create is sent', step: FIRST_CRASH });
  const result = client.rpc(`wf-${network}`, 'marks', STEPS, RESULT_BYTES, client.options({ target: network }));
  // A failure is reported where it is awaited.
  result.catch(() => undefined);
  await end(first);
  const second = await startWorker(network, 'second', { at: 'the settle is answered', step: SECOND_CRASH });
  await end(second);
  const third = await startWorker(network, 'third');
  const marks = await within(DONE_WITHIN_MS, `the result over ${network}`, result);
  return { marks, printed: [first, second, third].map(linesOf) };
}

test('a workflow with a partial preload is replayed correctly when its workers are killed, and settles no step twice', async () => {
  const steps = Array.from({ length: STEPS }, (_, index) => index + 1);
  const worker = (n: number) => (n < FIRST_CRASH ? 'first' : n <= SECOND_CRASH ? 'second' : 'third');
  for (const { marks, printed } of await Promise.all(NETWORKS.map(runKilledTwice))) {
    expect(marks).toEqual(steps.map((n) => `${worker(n)} ran ${n}`));
    const ends = printed.flat().filter((line) => line.startsWith('ends step'));
    expect(ends).toEqual(steps.map((n) => `ends step ${n}`));
    const [, ...replaying] = printed;
    for (const lines of replaying) expect(lines).toContain('acquired with a part of the branch');
  }
}, 300_000);
