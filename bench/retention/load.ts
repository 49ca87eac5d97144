import { setTimeout as pause } from 'node:timers/promises';
import { openConnections, type Connection } from '../load/connection.ts';
import { Latencies } from '../load/latencies.ts';
import * as body from '../load/requests.ts';
import { ok } from '../load/scenario.ts';

export type Operation = 'create' | 'settle';

interface Sample {
  operation: Operation;
  at: number;
  ms: number;
}

/** How many loads this process has started, so that no two create the same promises. */
let started = 0;

/** Creates and settles promises at a fixed rate until it is stopped. Times are from performance.now(). */
export class Load {
  readonly #samples: Sample[] = [];
  readonly #connections: Connection[];
  readonly #callers: Promise<unknown>;
  #running = true;

  private constructor(connections: Connection[], rate: number) {
    this.#connections = connections;
    const everyMs = (connections.length * 1_000) / rate;
    const startAt = performance.now();
    const run = ++started;
    this.#callers = Promise.all(
      connections.map((connection, index) =>
        this.#call(connection, startAt + (index * everyMs) / connections.length, everyMs, `load-${run}-${index}`),
      ),
    );
    // The error is reported by `stop`.
    this.#callers.catch(() => (this.#running = false));
  }

  static async start(url: string, connections: number, rate: number): Promise<Load> {
    return new Load(await openConnections(url, connections), rate);
  }

  /** @throws the error of a caller that failed. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#callers.finally(() => this.#connections.forEach((connection) => connection.close()));
  }

  /** The latencies of requests that were sent within one of these spans. */
  latencies(spans: readonly (readonly [from: number, to: number])[]): Record<Operation, Latencies> {
    const found = { create: new Latencies(), settle: new Latencies() };
    for (const { operation, at, ms } of this.#samples) {
      if (spans.some(([from, to]) => at >= from && at < to)) found[operation].record(ms);
    }
    return found;
  }

  async #call(connection: Connection, firstAt: number, everyMs: number, name: string): Promise<void> {
    for (let n = 0; this.#running; n++) {
      await pause(Math.max(0, firstAt + n * everyMs - performance.now()));
      const id = `${name}-${n}`;
      await this.#time('create', () => ok(connection, body.promiseCreate(id)));
      await this.#time('settle', () => ok(connection, body.promiseSettle(id)));
    }
  }

  async #time(operation: Operation, send: () => Promise<unknown>): Promise<void> {
    const at = performance.now();
    await send();
    this.#samples.push({ operation, at, ms: performance.now() - at });
  }
}
