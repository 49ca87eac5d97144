import type { Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDispatcher } from './start.ts';

export interface Arrived {
  message: unknown;
  response: ServerResponse;
}

/** An HTTP server that messages are pushed to. */
export interface Target {
  url: string;
  /** The next message, with the response to answer it. */
  next(): Promise<Arrived>;
  /** How many messages arrived that `next` has not returned. */
  readonly waiting: number;
}

/** A dispatcher with an in-memory database, and targets for it. */
export class TestDispatcher {
  readonly runtime: Runtime;
  readonly dispatcher: Service;
  /** Everything logged so far. */
  readonly log: () => string;
  readonly #servers: Server[] = [];

  private constructor(runtime: Runtime, log: () => string) {
    this.runtime = runtime;
    this.log = log;
    this.dispatcher = createDispatcher(runtime);
  }

  static async start(flags: Record<string, string | number>): Promise<TestDispatcher> {
    // Short, because a stop waits for a fifth of this time if a target hangs.
    const shutdown = { 'server-shutdown-timeout': '500ms' };
    const lines: string[] = [];
    const runtime = await runtimeForTests({ flags: { ...shutdown, ...flags }, log: lines });
    const started = new TestDispatcher(runtime, () => lines.join(''));
    await started.dispatcher.start();
    return started;
  }

  async stop(): Promise<void> {
    await this.dispatcher.stop();
    await this.runtime.store.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  /** @param host a name of this machine. */
  async listen(host = '127.0.0.1'): Promise<Target> {
    const arrived: Arrived[] = [];
    const waiters: (() => void)[] = [];
    const server = createServer((request, response) => {
      void readJson(request).then((message) => {
        arrived.push({ message, response });
        waiters.splice(0).forEach((wake) => wake());
      });
    });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://${host}:${(server.address() as AddressInfo).port}/`,
      async next() {
        while (arrived.length === 0) await new Promise<void>((resolve) => waiters.push(resolve));
        return arrived.shift()!;
      },
      get waiting() {
        return arrived.length;
      },
    };
  }

  create(id: string, tags: Record<string, string>, now: number | null = null) {
    const data = { id, timeoutAt: Date.now() + 3_600_000, param: {}, tags };
    return this.runtime.store.execute({ kind: 'promise.create', data }, now, 0);
  }

  createTask(id: string, url: string, tags: Record<string, string> = {}) {
    return this.create(id, { 'resonate:target': url, ...tags });
  }

  /** @param now the time of settling, epoch ms; null: the current time. @param value the value to settle with. */
  async settleWithListener(id: string, address: string, now: number | null = null, value = {}): Promise<void> {
    const { store } = this.runtime;
    await this.create(id, {}, now);
    await store.execute({ kind: 'promise.register_listener', data: { awaited: id, address } }, now, 0);
    await store.execute({ kind: 'promise.settle', data: { id, state: 'resolved', value } }, now, 0);
  }

  async deliveries(): Promise<Record<string, number>> {
    const { values } = await this.runtime.metrics.deliveries.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels.status), value]));
  }

  /** In how many ms a message for the target is due; null if there is no message. */
  async dueInMs(url: string): Promise<number | null> {
    const at = await this.runtime.store.queues.nextDueAt('http', [new URL(url).origin]);
    return at === null ? null : at - Date.now();
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return JSON.parse(body);
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineAt = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadlineAt) throw new Error('the condition was not true within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
