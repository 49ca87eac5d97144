import { expect } from '@jest/globals';
import { HttpClient } from '../processes/http-client.ts';

const FAR_AWAY = 4_102_444_800_000;

export interface Acknowledged {
  id: string;
  settled: boolean;
}

/** Clients that create and settle promises one after the other, and record which writes were acknowledged. */
export class Writers {
  readonly acknowledged: Acknowledged[] = [];
  refused = 0;
  readonly #stop = new AbortController();
  readonly #all: Promise<void>[];

  /** Starts `each` of them on every server. */
  constructor(urls: readonly string[], each: number) {
    this.#all = urls.flatMap((url, server) =>
      Array.from({ length: each }, (_, writer) => this.#write(url, `kept.${server}.${writer}`)),
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#all);
  }

  async #write(url: string, prefix: string): Promise<void> {
    const client = new HttpClient(url);
    for (let number = 0; !this.#stop.signal.aborted; number++) {
      const id = `${prefix}.${number}`;
      const created = await client.rpc('promise.create', { id, timeoutAt: FAR_AWAY });
      const settled = created.status === 200 ? await client.rpc('promise.settle', { id, state: 'resolved' }) : created;
      // Every failure is caused by the unreachable database, and its status says so.
      if (created.status !== 200 || settled.status !== 200) {
        expect([created.status, settled.status].filter((status) => ![200, 500, 503].includes(status))).toEqual([]);
        this.refused++;
      }
      if (created.status === 200) this.acknowledged.push({ id, settled: settled.status === 200 });
    }
    client.close();
  }
}

/** The acknowledged writes that are missing. @param stateOf the state of a promise; undefined: it does not exist. */
export async function lostOf(
  acknowledged: readonly Acknowledged[],
  stateOf: (id: string) => Promise<string | undefined> | string | undefined,
): Promise<string[]> {
  const lost: string[] = [];
  for (const { id, settled } of acknowledged) {
    const state = await stateOf(id);
    if (state === undefined || (settled && state !== 'resolved')) lost.push(`${id}: ${state ?? 'missing'}`);
  }
  return lost;
}
