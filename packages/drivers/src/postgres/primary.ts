import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { PrimaryClient, type PrimaryFinder } from './client.ts';
import { errorText } from '../error-text.ts';
import type { Timeline, ServerStatus } from './server-status.ts';
import { hostsOf, type Host } from './url.ts';

export interface PrimaryOptions {
  /** postgres://user:password@a:5432,b:5432/database, with sslmode, sslrootcert, sslcert and sslkey as in libpq. */
  url: string;
  /** How long one server may take to accept a connection and to answer whether it is the primary. */
  connectTimeoutMs: number;
}

/** Once one server has said that it accepts writes, the others may take this much longer to answer. */
const OTHERS_MS = 500;

interface Candidate {
  host: Host;
  status: ServerStatus;
}

/**
 * Finds the primary among the servers of a URL. The others are not used. A standby refuses writes, and its rows may be old.
 * A former primary that came back and does not know the new one accepts writes, but they are lost.
 */
export class Primary implements PrimaryFinder {
  readonly connectTimeoutMs: number;
  readonly #hosts: readonly [Host, ...Host[]];
  /** The server to use; null: the servers must be asked. */
  #known: Host | null = null;
  #search: Promise<Host> | null = null;
  #latest: Timeline | null = null;

  /** @throws an Error when the URL is not one. It doesn't show the URL, which holds a password. */
  constructor({ url, connectTimeoutMs }: PrimaryOptions) {
    this.connectTimeoutMs = connectTimeoutMs;
    this.#hosts = hostsOf(url);
  }

  /** A client that connects to the primary, wherever that is then. */
  newClient(config: pg.ClientConfig = {}): PrimaryClient {
    return new PrimaryClient(this, { ...config, connectionString: this.#hosts[0].url });
  }

  /** The class of such clients, for a pool. */
  get Client(): new (config?: pg.ClientConfig) => PrimaryClient {
    const [finder, connectionString] = [this, this.#hosts[0].url];
    return class extends PrimaryClient {
      constructor(config: pg.ClientConfig = {}) {
        super(finder, { ...config, connectionString });
      }
    };
  }

  /** Asks all servers at once, so that one whose machine is gone does not delay the others. @throws if none is a primary. */
  async find(): Promise<Host> {
    if (this.#hosts.length === 1) return this.#hosts[0];
    return this.#known ?? (this.#search ??= this.#ask().finally(() => (this.#search = null)));
  }

  forget(): void {
    this.#known = null;
  }

  check({ isStandby, timeline }: ServerStatus): void {
    if (isStandby) throw new Error('it is a standby');
    if (!timeline) return;
    if (this.#isFormer(timeline))
      throw new Error(`it is a former primary: its timeline ${timeline.number} has a successor`);
    this.#latest = timeline;
  }

  #isFormer({ system, number }: Timeline): boolean {
    return this.#latest?.system === system && number < this.#latest.number;
  }

  async #ask(): Promise<Host> {
    const candidates: Candidate[] = [];
    const failures: string[] = [];
    const found = Promise.withResolvers<unknown>();
    const answers = this.#hosts.map(async (host) => {
      try {
        const status = await this.#statusOf(host);
        candidates.push({ host, status });
        if (!status.isReadOnly) found.resolve(delay(OTHERS_MS, null, { ref: false }));
      } catch (error) {
        failures.push(errorText(error));
      }
    });
    await Promise.race([Promise.all(answers), found.promise]);
    // A server that answered first may be a former primary. The timeline of another server shows that.
    const [best] = candidates.filter(({ status: { timeline } }) => !timeline || !this.#isFormer(timeline)).sort(byUse);
    if (!best) throw new Error(failures.join('; '));
    this.#known = best.host;
    return best.host;
  }

  async #statusOf(host: Host): Promise<ServerStatus> {
    const client = this.newClient();
    const status = await client.connectTo(host);
    client.end().catch(() => {});
    return status;
  }
}

/** Servers that take writes first; else in the order of the URL. */
function byUse({ host, status }: Candidate, other: Candidate): number {
  return Number(status.isReadOnly) - Number(other.status.isReadOnly) || host.place - other.host.place;
}
