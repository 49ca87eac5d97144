import { openConnections, type Connection } from '../load/connection.ts';
import { Latencies } from '../load/latencies.ts';
import { openLoop } from '../load/open-loop.ts';
import * as body from '../load/requests.ts';
import { ok, type Round } from '../load/scenario.ts';
import { scatteredId } from '../scattered-id.ts';

/** What is created and settled: single promises, or workflows of ten promises as `resonate-websocket` stores them. */
export type Shape = 'promises' | 'workflows';
const PROMISES_OF: Record<Shape, number> = { promises: 1, workflows: 10 };
const PID = 'steady';
/** The version of a task that was just created by `task.create`. */
const FIRST_VERSION = 1;
const TARGET = 'poll://any@nobody';

/** Creates and settles promises at a fixed rate, whatever the answers take. */
export class SteadyLoad {
  readonly #connections: Connection[];
  readonly #shape: Shape;
  #created = new Latencies();
  #settled = new Latencies();
  #next = 0;
  /** Distinguishes the ids from those of an earlier run on the same database. They scatter over all ids in the tables. */
  readonly #run = Date.now().toString(36);

  private constructor(connections: Connection[], shape: Shape) {
    this.#connections = connections;
    this.#shape = shape;
  }

  static async start(url: string, connections: number, shape: Shape): Promise<SteadyLoad> {
    return new SteadyLoad(await openConnections(url, connections), shape);
  }

  /** @param rate promises per second. @returns the latencies, and the rate that was reached. */
  async run(rate: number, durationMs: number): Promise<string> {
    [this.#created, this.#settled] = [new Latencies(), new Latencies()];
    const rounds = this.#connections.map((connection) => this.#round(connection));
    const each = PROMISES_OF[this.#shape];
    const { elapsedMs } = await openLoop(rounds, rate / each, durationMs);
    const reached = Math.round((this.#created.summary().count * each * 1_000) / elapsedMs);
    return `${reached} per second, create ${text(this.#created)}, settle ${text(this.#settled)}`;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #round(connection: Connection): Round {
    return async () => {
      const id = `${scatteredId(this.#next++)}-${this.#run}`;
      const startedAt = performance.now();
      const settle = await this.#create(connection, id);
      const createdAt = performance.now();
      await ok(connection, settle);
      const settledAt = performance.now();
      this.#created.record(createdAt - startedAt);
      this.#settled.record(settledAt - createdAt);
      return settledAt;
    };
  }

  /** @returns the request that settles what was created. */
  async #create(connection: Connection, id: string): Promise<string> {
    if (this.#shape === 'promises') {
      await ok(connection, body.promiseCreate(id));
      return body.promiseSettle(id);
    }
    const steps = Array.from({ length: PROMISES_OF.workflows - 1 }, (_, index) => `${id}.${index}`);
    await ok(connection, body.taskCreate(id, PID, TARGET));
    return body.taskFulfill(id, FIRST_VERSION, steps);
  }
}

function text(latencies: Latencies): string {
  const { p50, p99, max } = latencies.summary();
  return `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} longest ${max.toFixed(0)} ms`;
}
