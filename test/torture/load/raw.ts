import { setTimeout as pause } from 'node:timers/promises';
import { TAG, type PromiseRecord } from '@resonate/protocol';
import { RequestGenerator, type HistoryEvent } from '@resonate/testkit';
import type { ApiClient, Call } from '../api-client.ts';

/** The pause between two requests of one client, because the processes under test need the processors too. */
const THINK_MS = 40;
/** A family of ids is settled this long after it was last used. By then the generator uses newer families. */
const SWEPT_AFTER_MS = 10_000;

/**
 * Several clients send operations about a few shared ids at the same time, and record them for the linearizability check.
 * Leases and timeouts take ten years, so that time does not matter in a history.
 */
export class RawLoad {
  readonly history: HistoryEvent[] = [];
  readonly #generator: RequestGenerator;
  readonly #clients: readonly ApiClient[];
  readonly #pushUrl: string;
  /** By family, its ids, and when one of them was last used. */
  readonly #families = new Map<string, { ids: Set<string>; seenAt: number }>();

  /** @param pushUrl the URL to which messages for `http://` targets are pushed. */
  constructor(seed: number, clients: readonly ApiClient[], pushUrl: string) {
    this.#generator = new RequestGenerator({ seed, startAt: Date.now(), timeless: true, invalidShare: 0 });
    this.#clients = clients;
    this.#pushUrl = pushUrl;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      ...this.#clients.map((client, index) => this.#send(client, index, signal)),
      this.#sweepWhileRunning(signal),
    ]);
  }

  /** Reads the final state of every promise and task, and settles pending promises, so that nothing is left. */
  async sweepAll(signal: AbortSignal): Promise<void> {
    const families = [...this.#families.keys()];
    await Promise.all(
      this.#clients.map(async (client, index) => {
        for (let family = families.pop(); family !== undefined; family = families.pop()) {
          await this.#sweep(client, index, family, signal);
        }
      }),
    );
  }

  async #send(client: ApiClient, index: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const request = this.#generator.next();
      const data = this.#adapted(request.data);
      const { reply } = this.#record(index, await client.call(request.kind, data));
      if (reply) this.#generator.observe(request, reply);
      this.#see(data);
      await pause(THINK_MS);
    }
  }

  /**
   * Removes the branches, so that nothing is preloaded: a preload is read without locks (docs/locking.md). Replaces the host
   * of the generator, which does not exist, by our target.
   */
  #adapted(data: unknown): unknown {
    return JSON.parse(JSON.stringify(data), (key: string, value: unknown) => {
      if (key === TAG.branch) return undefined;
      return typeof value === 'string' ? value.replace('http://worker.invalid/a', this.#pushUrl) : value;
    });
  }

  #record(client: number, call: Call): Call {
    // A refused request has no effect, so it is not part of the history. If it had an effect, the check would fail.
    if (call.outcome === 'refused') return call;
    const { kind, data, callAt, returnAt, reply } = call;
    this.history.push({ client, callAt, returnAt, kind, data, ...(reply ? { reply } : {}) });
    return call;
  }

  #see(data: unknown): void {
    for (const [, id = ''] of JSON.stringify(data).matchAll(/"(?:id|awaited|awaiter)":"([^"]+)"/g)) {
      const family = familyOf(id);
      const known = this.#families.get(family) ?? { ids: new Set(), seenAt: 0 };
      known.ids.add(id);
      known.seenAt = performance.now();
      this.#families.set(family, known);
    }
  }

  async #sweepWhileRunning(signal: AbortSignal): Promise<void> {
    const client = this.#clients[0];
    while (!signal.aborted && client) {
      await pause(1_000);
      const before = performance.now() - SWEPT_AFTER_MS;
      for (const [family, { seenAt }] of this.#families) {
        if (seenAt < before) await this.#sweep(client, this.#clients.length, family, signal);
      }
    }
  }

  async #sweep(client: ApiClient, index: number, family: string, signal: AbortSignal): Promise<void> {
    const ids = [...(this.#families.get(family)?.ids ?? [])];
    for (const id of ids) {
      const promise = await this.#insist(client, index, 'promise.get', { id }, signal);
      await this.#insist(client, index, 'task.get', { id }, signal);
      if (stateOf(promise) === 'pending') {
        await this.#insist(client, index, 'promise.settle', { id, state: 'resolved', value: {} }, signal);
      }
    }
    for (const id of ids) await this.#insist(client, index, 'task.get', { id }, signal);
    if (!signal.aborted) this.#families.delete(family);
  }

  async #insist(client: ApiClient, index: number, kind: string, data: unknown, signal: AbortSignal): Promise<Call> {
    for (;;) {
      const call = this.#record(index, await client.call(kind, data));
      if (call.outcome === 'answered' || signal.aborted) return call;
    }
  }
}

/** `f12.a~3` -> `f12` */
function familyOf(id: string): string {
  return id.split(/[.~]/)[0] ?? id;
}

function stateOf({ reply }: Call): string | undefined {
  if (reply?.status !== 200) return undefined;
  return (reply.data as { promise: PromiseRecord }).promise.state;
}
