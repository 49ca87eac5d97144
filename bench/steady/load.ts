import { openConnections, type Connection } from '../load/connection.ts';
import { Latencies } from '../load/latencies.ts';
import { openLoop } from '../load/open-loop.ts';
import * as body from '../load/requests.ts';
import { ok, type Round } from '../load/scenario.ts';
import { scatteredId } from '../scattered-id.ts';

/** Creates and settles promises at a fixed rate, whatever the answers take. */
export class SteadyLoad {
  readonly #connections: Connection[];
  #created = new Latencies();
  #settled = new Latencies();
  #next = 0;

  private constructor(connections: Connection[]) {
    this.#connections = connections;
  }

  static async start(url: string, connections: number): Promise<SteadyLoad> {
    return new SteadyLoad(await openConnections(url, connections));
  }

  /** @returns the latencies, and the rate that was reached. */
  async run(rate: number, durationMs: number): Promise<string> {
    [this.#created, this.#settled] = [new Latencies(), new Latencies()];
    const rounds = this.#connections.map((connection) => this.#round(connection));
    const { elapsedMs } = await openLoop(rounds, rate, durationMs);
    const reached = Math.round((this.#created.summary().count * 1_000) / elapsedMs);
    return `${reached} per second, create ${text(this.#created)}, settle ${text(this.#settled)}`;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #round(connection: Connection): Round {
    return async () => {
      const id = `steady-${scatteredId(this.#next++)}`;
      const startedAt = performance.now();
      await ok(connection, body.promiseCreate(id));
      const createdAt = performance.now();
      await ok(connection, body.promiseSettle(id));
      const settledAt = performance.now();
      this.#created.record(createdAt - startedAt);
      this.#settled.record(settledAt - createdAt);
      return settledAt;
    };
  }
}

function text(latencies: Latencies): string {
  const { p50, p99, max } = latencies.summary();
  return `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} longest ${max.toFixed(0)} ms`;
}
