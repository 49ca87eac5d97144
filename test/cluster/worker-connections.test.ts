import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Resonate, ResonateTimeoutException, type Context, type Request } from '@resonatehq/sdk';
import { WebSocketNetwork } from '../../clients/typescript/src/index.ts';
import { until } from '../processes/until.ts';
import { within } from '../sdk/client.ts';
import { TestCluster } from './cluster.ts';
import type { RoleProcess } from './role-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(600_000);

const GROUP = 'connected';
const WORKERS = 2;
const CALLERS = 6;
const ROUNDS = 2;
/**
 * A task whose worker lost a request with an api is delivered again when its lease expires. While apis restart, a heartbeat
 * may arrive late. If a lease expired, two workers would run the same workflow to its end.
 */
const TTL_MS = 10_000;
/** A message that is lost with an api is sent again after this time. The default is 30 s. */
const RETRY_TIMEOUT_MS = 3_000;
const PROGRESS_WITHIN_MS = 120_000;

/** The requests of the workers and of the caller, and the workflows that they ran. */
class Traffic {
  /** The id of a workflow, once for each time that it reached its end. */
  readonly ended: string[] = [];
  /** The id of a task, once for each `task.fulfill` that the server accepted. */
  readonly fulfilled: string[] = [];
  /** Requests without an answer. */
  readonly failed: { kind: string; error: unknown }[] = [];
  /** How many requests wait for their answer. */
  unanswered = 0;

  /** Records the outcome of each request of a network. */
  watch(network: WebSocketNetwork): WebSocketNetwork {
    const { send } = network;
    network.send = (request) => {
      const sent: Request = request;
      const answered = send(request);
      this.unanswered += 1;
      answered.finally(() => (this.unanswered -= 1)).catch(silent);
      answered.then(
        ({ head: { status } }) => {
          if (sent.kind === 'task.fulfill' && status === 200) this.fulfilled.push(sent.data.id);
        },
        (error: unknown) => this.failed.push({ kind: request.kind, error }),
      );
      return answered;
    };
    return network;
  }
}

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent };

function connect(url: string, record: Traffic, group: string): Resonate {
  return new Resonate({ network: record.watch(new WebSocketNetwork({ url, group })), ttl: TTL_MS, logger });
}

function startWorker(url: string, record: Traffic): Resonate {
  const worker = connect(url, record, GROUP);
  const addOne = (_: Context, n: number) => n + 1;
  worker.register('double', (_: Context, n: number) => n * 2);
  worker.register('order', function* (context: Context, n: number): Generator<unknown, number> {
    const first = yield* context.run(addOne, n);
    const second = yield* context.rpc<number>('double', first, context.options({ target: GROUP }));
    const third = yield* context.run(addOne, second);
    record.ended.push(context.id);
    return third;
  });
  return worker;
}

const resultOf = (n: number) => (n + 1) * 2 + 1;

/** Callers that start workflows and await their results without a pause. */
class Load {
  readonly results = new Map<string, number>();
  readonly #client: Resonate;
  readonly #name: string;
  readonly #running: Promise<void>[];
  #begun = 0;
  #stopping = false;

  constructor(client: Resonate, name: string) {
    this.#client = client;
    this.#name = name;
    this.#running = Array.from({ length: CALLERS }, () => this.#call());
    // A failure is reported by `stop`.
    for (const running of this.#running) running.catch(silent);
  }

  get done(): number {
    return this.results.size;
  }

  idOf(n: number): string {
    return `${this.#name}-${n}`;
  }

  /** @returns how many workflows were begun. Rejects when a call failed. */
  async stop(): Promise<number> {
    this.#stopping = true;
    await within(PROGRESS_WITHIN_MS, 'the results of all workflows', Promise.all(this.#running));
    return this.#begun;
  }

  /** Waits, so that load runs before, while and after an api is down. */
  async progress(): Promise<void> {
    const enough = this.done + 2 * CALLERS;
    await until(`${enough} workflows done`, PROGRESS_WITHIN_MS, () => this.done >= enough);
  }

  async #call(): Promise<void> {
    while (!this.#stopping) {
      const n = this.#begun++;
      const options = this.#client.options({ target: GROUP });
      this.results.set(this.idOf(n), await this.#client.rpc<number>(this.idOf(n), 'order', n, options));
    }
  }
}

const counts = (ids: readonly string[]) =>
  new Map([...Map.groupBy(ids, (id) => id)].map(([id, all]) => [id, all.length]));

describe('workers with WebSockets through the load balancer of docker-compose.yml', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    const settings = { RESONATE_TASKS__RETRY_TIMEOUT: `${RETRY_TIMEOUT_MS}ms` };
    cluster = await TestCluster.start('postgres', ['api', 'api', 'scheduler'], settings);
  });

  afterAll(() => cluster?.stop());

  /** Runs load while `stopAll` stops apis, and checks the result of every workflow. @returns what happened meanwhile. */
  async function underLoad(name: string, stopAll: (load: Load) => Promise<void>): Promise<Traffic> {
    const record = new Traffic();
    const workers = Array.from({ length: WORKERS }, () => startWorker(cluster.url, record));
    const client = connect(cluster.url, record, 'callers');
    try {
      const load = new Load(client, name);
      await load.progress();
      await stopAll(load);
      await load.progress();
      const begun = await load.stop();
      // A caller may get its result before the worker gets the answer to `task.fulfill`. A stop would break that request off.
      await until('all requests are answered', PROGRESS_WITHIN_MS, () => record.unanswered === 0);
      const expected = Array.from({ length: begun }, (_, n) => [load.idOf(n), resultOf(n)] as const);
      expect(load.results).toEqual(new Map(expected));
      return record;
    } finally {
      await client.stop();
      for (const worker of workers) await worker.stop();
    }
  }

  async function restart(api: RoleProcess, load: Load): Promise<void> {
    await load.progress();
    await api.restart();
    await load.progress();
  }

  test('complete each workflow exactly once while the apis are restarted one by one, and no request fails', async () => {
    const { ended, fulfilled, failed } = await underLoad('restarted', async (load) => {
      for (let round = 0; round < ROUNDS; round++) {
        for (const api of cluster.apis) {
          expect(await api.terminate()).toBe(0);
          await restart(api, load);
        }
      }
    });
    expect(failed).toEqual([]);
    expect([...counts(ended).values()].filter((times) => times !== 1)).toEqual([]);
    expect([...counts(fulfilled).values()].filter((times) => times !== 1)).toEqual([]);
  });

  test('lose no workflow when apis are killed and complete none twice; only requests that the SDK repeats fail', async () => {
    const { fulfilled, failed } = await underLoad('killed', async (load) => {
      for (const api of cluster.apis) {
        await api.kill9();
        await restart(api, load);
      }
    });
    expect([...counts(fulfilled).values()].filter((times) => times !== 1)).toEqual([]);
    // The SDK gives up a task whose request failed; the task then runs again.
    expect(failed.filter(({ kind, error }) => !kind.startsWith('task.') || !isTimeout(error))).toEqual([]);
  });
});

function isTimeout(error: unknown): boolean {
  return error instanceof ResonateTimeoutException;
}
