import pg from 'pg';
import { reasonOf } from './errors.ts';
import { statusOf, type ServerStatus } from './server-status.ts';
import type { Host } from './url.ts';

/** Tells a client which server to use. */
export interface PrimaryFinder {
  /** How long one server may take. */
  readonly connectTimeoutMs: number;
  /** The server to use. */
  find(): Promise<Host>;
  /** @throws when a server must not be used. */
  check(status: ServerStatus): void;
  /** A connection failed or broke, so the next one must not go to the same server without asking the others. */
  forget(): void;
}

const KEEPALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/** A connection to the primary. It is closed at once if the server is not the primary. */
export class PrimaryClient extends pg.Client {
  readonly #finder: PrimaryFinder;

  constructor(finder: PrimaryFinder, config: pg.ClientConfig) {
    super({ application_name: 'resonate', ...KEEPALIVE, ...config });
    this.#finder = finder;
    // The user of the connection gets the error from its query. Without a listener, this event would end the process.
    this.on('error', () => finder.forget());
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error | null, client: pg.Client) => void): void;
  override connect(callback?: (error: Error | null, client: pg.Client) => void): Promise<pg.Client> | undefined {
    const connected = this.#connect();
    if (!callback) return connected;
    const failed = (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), this);
    connected.then(() => callback(null, this), failed);
    return undefined;
  }

  async #connect(): Promise<pg.Client> {
    await this.connectTo(await this.#finder.find());
    return this;
  }

  /** @throws when the server does not answer in time, or must not be used. */
  async connectTo({ host, port, name, isOneOfSeveral }: Host): Promise<ServerStatus> {
    // The pool has stopped waiting, so a connection that is made now would stay open.
    if (this.connection.stream.destroyed) throw new Error('the pool has stopped waiting for this connection');
    if (isOneOfSeveral) {
      this.host = host;
      this.port = port;
    }
    const { connectTimeoutMs } = this.#finder;
    const giveUp = () => this.connection.stream.destroy(new Error(`no answer within ${connectTimeoutMs} ms`));
    const timer = setTimeout(giveUp, connectTimeoutMs);
    try {
      await super.connect();
      const status = await statusOf(this);
      this.#finder.check(status);
      return status;
    } catch (error) {
      this.#finder.forget();
      this.end().catch(() => {});
      throw new Error(`${name}: ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
