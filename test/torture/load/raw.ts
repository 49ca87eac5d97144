import { setTimeout as pause } from 'node:timers/promises';
import { TAG, type PromiseRecord } from '@resonate/protocol';
import { RequestGenerator, type HistoryEvent } from '@resonate/testkit';
import type { ApiClient, Call } from '../api-client.ts';

/** Between two requests of one client: the processes under torture need the machine too. */
const THINK_MS = 40;
/** Families of ids that are settled this long after they were last seen: by then the generator uses newer ones. */
const SWEPT_AFTER_MS = 10_000;

/**
 * Raw operations on few shared ids by several clients at once, recorded for the linearizability check. Leases and timeouts
 * are ten years long: in such a history time stands still.
 */
export class RawLoad {
  readonly history: HistoryEvent[] = [];
  readonly #generator: RequestGenerator;
  readonly #clients: readonly ApiClient[];
  readonly #pushUrl: string;
  /** By family, the ids seen and when the last was. */
  readonly #families = new Map<string, { ids: Set<string>; seenAt: number }>();

  /** @param pushUrl where messages for `http://` targets go. */
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

  /** Reads what every promise and task came to, and settles what is pending: nothing of it stays in anybody's way. */
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
   * Without branches nothing is preloaded, which is read beside the locks (docs/locking.md). The generator's host does
   * not exist; ours does.
   */
  #adapted(data: unknown): unknown {
    return JSON.parse(JSON.stringify(data), (key: string, value: unknown) => {
      if (key === TAG.branch) return undefined;
      return typeof value === 'string' ? value.replace('http://worker.invalid/a', this.#pushUrl) : value;
    });
  }

  #record(client: number, call: Call): Call {
    // What was refused did not happen, whatever the state was: that is part of what is checked.
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
