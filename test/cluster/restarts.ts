import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { PushTarget } from '../http/push-target.ts';
import { EventStream } from '../processes/event-stream.ts';
import { until } from '../processes/until.ts';
import { searchPromises } from '../processes/wire.ts';
import type { Spawned } from '../processes/spawned.ts';
import { startClient, within } from '../sdk/client.ts';
import { journeyResult } from '../sdk/workers/functions.ts';
import { startWorker } from '../sdk/worker-process.ts';
import type { TestCluster } from './cluster.ts';
import { createTask, FAR_FUTURE, RetryingClient } from './requests.ts';

const CALLERS = 4;
const PAUSE_MS = 20;
const JOURNEYS = 12;
const SDK = '0.11.5';
const GROUP = 'restarted';
const TTL_MS = 2_000;
/** If a worker's request was lost with an api, its task is sent again after tasks.retry_timeout (30 s). */
const FINISHED_WITHIN_MS = 90_000;
/** Streams end when an api begins to stop, not when it gives up after server.shutdown_timeout (10 s). */
const STREAMS_END_MS = 8_000;

export function restartTests(cluster: () => TestCluster, report: (line: string) => void): void {
  describe('a clean stop', () => {
    test('an api ends its streams at once and cleanly, so that workers connect to another api', async () => {
      const [first] = cluster().apis;
      const stream = await EventStream.open(first.url, `/poll/${randomUUID()}/w`);
      const since = Date.now();
      const stopped = first.terminate();
      expect(await stream.ended).toEqual({ clean: true });
      expect(Date.now() - since).toBeLessThan(STREAMS_END_MS);
      expect(await stopped).toBe(0);
    });

    test('if all processes are restarted one after the other under load, nothing is lost and no request fails', async () => {
      const { processes, url } = cluster();
      const target = await PushTarget.start();
      const workers: Spawned[] = [];
      const load = new Load(cluster().apis.map((api) => api.url));
      const client = await startClient({ sdk: SDK, url, workers: GROUP });
      try {
        for (const network of ['http', 'websocket'] as const) {
          workers.push(await startWorker({ sdk: SDK, url, network, name: network, group: GROUP, ttlMs: TTL_MS }));
        }
        load.start(CALLERS);
        const options = client.options({ target: GROUP });
        const results: Promise<number>[] = [];
        const pushed: string[] = [];
        const begin = async (n: number) => {
          const handle = await client.beginRpc<number>(`restarted-${n}`, 'journey', n, options);
          const result = handle.result();
          // Failures are reported where the results are awaited.
          result.catch(() => undefined);
          results.push(result);
        };
        for (let n = 0; n < JOURNEYS / 2; n++) await begin(n);
        for (const process of processes) {
          pushed.push(await createTask(url, target.url));
          expect({ role: process.role, exit: await process.terminate() }).toEqual({ role: process.role, exit: 0 });
          await process.restart();
        }
        for (let n = JOURNEYS / 2; n < JOURNEYS; n++) await begin(n);

        await load.stop();
        report(`rolling restart: ${load.done} rounds of requests, ${load.retries} connection errors got over`);
        expect(load.failures).toEqual([]);
        expect(load.done).toBeGreaterThan(CALLERS);
        const resolved = await searchPromises(url, { load: load.name }, 'resolved');
        expect(resolved.map(({ id }) => id).sort()).toEqual([...load.settled].sort());

        await Promise.all(pushed.map((id) => target.received(id, 1)));
        const numbers = Array.from({ length: JOURNEYS }, (_, n) => n);
        expect(await within(FINISHED_WITHIN_MS, 'all workflows', Promise.all(results))).toEqual(
          numbers.map(journeyResult),
        );
        await until('every process has its row, and no other', 60_000, async () => {
          return (await cluster().shown()).length === processes.length;
        });
      } finally {
        await load.stop();
        await client.stop();
        for (const worker of workers) await worker.kill9();
        await target.close();
      }
    });
  });
}

/** Callers that create, read and settle promises, one after the other, with short pauses. */
class Load {
  readonly name = randomUUID();
  readonly settled: string[] = [];
  /** The failures, one line each. */
  readonly failures: string[] = [];
  readonly #urls: readonly string[];
  readonly #clients: RetryingClient[] = [];
  readonly #running: Promise<void>[] = [];
  #stopping = false;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  get done(): number {
    return this.settled.length;
  }

  get retries(): number {
    return this.#clients.reduce((sum, client) => sum + client.retries, 0);
  }

  start(callers: number): void {
    for (let caller = 0; caller < callers; caller++) {
      // Half of them begin with the other replica.
      const urls = caller % 2 === 0 ? this.#urls : [...this.#urls].reverse();
      const client = new RetryingClient(urls);
      this.#clients.push(client);
      this.#running.push(this.#call(client));
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    for (const client of this.#clients) client.close();
  }

  async #call(client: RetryingClient): Promise<void> {
    while (!this.#stopping) {
      const id = `load-${randomUUID()}`;
      const promise = { id, timeoutAt: FAR_FUTURE, param: { data: id }, tags: { load: this.name } };
      try {
        await this.#ok(client, 'promise.create', promise);
        await this.#ok(client, 'promise.get', { id });
        await this.#ok(client, 'promise.settle', { id, state: 'resolved', value: { data: id } });
        this.settled.push(id);
        // Steady requests notice every interruption. Requests at full speed would only use up the processor.
        await sleep(PAUSE_MS);
      } catch (error) {
        this.failures.push(String(error));
        if (this.failures.length > 10) return;
      }
    }
  }

  async #ok(client: RetryingClient, kind: string, data: object): Promise<void> {
    const answer = await client.rpc(kind, data);
    if (answer.status !== 200) throw new Error(`${kind}: ${answer.status} ${JSON.stringify(answer.data)}`);
  }
}
