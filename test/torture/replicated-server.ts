import {
  makeMariadbPrimary,
  makeMysqlPrimary,
  promoteMariadb,
  promoteMysql,
  promotePostgres,
  startMariadbPrimary,
  startMariadbReplica,
  startMysqlPair,
  startMysqlReplica,
  startPostgresPair,
  startPostgresStandby,
  type TestServer,
} from '@resonate/testkit';
import type { Database } from './options.ts';

/** How servers of one kind of database replicate. */
interface Replication {
  /** A primary and its standby, which has all writes that the primary has acknowledged. */
  startPair(): Promise<[primary: TestServer, standby: TestServer]>;
  startStandby(primaryUrl: string): Promise<TestServer>;
  promote(standbyUrl: string): Promise<void>;
  /** Makes a primary that was started again accept writes. */
  resume(primaryUrl: string): Promise<void>;
}

const REPLICATION: Record<Database, Replication> = {
  postgres: {
    startPair: async () => {
      const { primary, standby } = await startPostgresPair();
      return [primary, standby];
    },
    startStandby: startPostgresStandby,
    promote: promotePostgres,
    resume: () => Promise.resolve(),
  },
  mariadb: {
    startPair: async () => {
      const primary = await startMariadbPrimary();
      return [primary, await startMariadbReplica(primary.url)];
    },
    startStandby: startMariadbReplica,
    promote: promoteMariadb,
    resume: makeMariadbPrimary,
  },
  mysql: {
    startPair: async () => {
      const { primary, replica } = await startMysqlPair();
      return [primary, replica];
    },
    startStandby: startMysqlReplica,
    promote: promoteMysql,
    resume: makeMysqlPrimary,
  },
};

/** A primary database server with a standby, which may change their roles. */
export class ReplicatedServer implements TestServer {
  readonly #replication: Replication;
  #primary: TestServer;
  #standby: TestServer;

  private constructor(replication: Replication, primary: TestServer, standby: TestServer) {
    this.#replication = replication;
    this.#primary = primary;
    this.#standby = standby;
  }

  static async start(name: Database): Promise<ReplicatedServer> {
    return new ReplicatedServer(REPLICATION[name], ...(await REPLICATION[name].startPair()));
  }

  get url(): string {
    return this.#primary.url;
  }

  killAll(): Promise<void> {
    return this.#primary.killAll();
  }

  async restart(): Promise<void> {
    await this.#primary.restart();
    await this.#replication.resume(this.#primary.url);
  }

  pids(): number[] {
    return this.#primary.pids();
  }

  /**
   * Kills the primary for good, and promotes its standby after `outage`. Resolves when the new primary has a standby.
   * @param leadTo directs clients to the new primary.
   */
  async failOver(outage: () => Promise<unknown>, leadTo: (url: string) => void): Promise<void> {
    await this.#primary.killAll();
    await outage();
    await this.#replication.promote(this.#standby.url);
    leadTo(this.#standby.url);
    const former = this.#primary;
    this.#primary = this.#standby;
    await former.stop();
    this.#standby = await this.#replication.startStandby(this.url);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#primary.stop(), this.#standby.stop()]);
  }
}
