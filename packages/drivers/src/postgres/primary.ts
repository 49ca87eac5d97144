import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { PrimaryClient, type Guide } from './client.ts';
import { errorText } from '../error-text.ts';
import type { Era, Standing } from './standing.ts';
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
  standing: Standing;
}

/**
 * Finds the primary among the servers of a URL. The others are not used. A standby refuses writes, and its rows may be old.
 * A former primary that came back and does not know the new one accepts writes, but they are lost.
 */
export class Primary implements Guide {
  readonly connectTimeoutMs: number;
  readonly #hosts: readonly [Host, ...Host[]];
  /** The server to use; null: the servers must be asked. */
  #known: Host | null = null;
  #search: Promise<Host> | null = null;
  #latest: Era | null = null;

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
    const [guide, connectionString] = [this, this.#hosts[0].url];
    return class extends PrimaryClient {
      constructor(config: pg.ClientConfig = {}) {
        super(guide, { ...config, connectionString });
      }
    };
  }

  /** Asks all servers at once, so that one whose machine is gone does not delay the others. @throws if none is a primary. */
  async find(): Promise<Host> {
    if (this.#hosts.length === 1) return this.#hosts[0];
    return this.#known ?? (this.#search ??= this.#ask().finally(() => (this.#search = null)));
  }

  doubt(): void {
    this.#known = null;
  }

  check({ isStandby, era }: Standing): void {
    if (isStandby) throw new Error('it is a standby');
    if (!era) return;
    if (this.#isFormer(era)) throw new Error(`it is a former primary: its timeline ${era.timeline} has a successor`);
    this.#latest = era;
  }

  #isFormer({ system, timeline }: Era): boolean {
    return this.#latest?.system === system && timeline < this.#latest.timeline;
  }

  async #ask(): Promise<Host> {
    const candidates: Candidate[] = [];
    const failures: string[] = [];
    const found = Promise.withResolvers<unknown>();
    const answers = this.#hosts.map(async (host) => {
      try {
        const standing = await this.#standingOf(host);
        candidates.push({ host, standing });
        if (!standing.isReadOnly) found.resolve(delay(OTHERS_MS, null, { ref: false }));
      } catch (error) {
        failures.push(errorText(error));
      }
    });
    await Promise.race([Promise.all(answers), found.promise]);
    // A server that answered first may be a former primary. The era of another server shows that.
    const [best] = candidates.filter(({ standing: { era } }) => !era || !this.#isFormer(era)).sort(byUse);
    if (!best) throw new Error(failures.join('; '));
    this.#known = best.host;
    return best.host;
  }

  async #standingOf(host: Host): Promise<Standing> {
    const client = this.newClient();
    const standing = await client.connectTo(host);
    client.end().catch(() => {});
    return standing;
  }
}

/** Servers that take writes first; else in the order of the URL. */
function byUse({ host, standing }: Candidate, other: Candidate): number {
  return Number(standing.isReadOnly) - Number(other.standing.isReadOnly) || host.place - other.host.place;
}
