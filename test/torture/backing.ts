import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startPostgres,
  startRedis,
  startTcpProxy,
  type ProxyLink,
  type TcpProxy,
  type TestServer,
} from '@resonate/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { Database } from './options.ts';

/** Name of the connections of wake-ups over Postgres (packages/wakeup). */
const WAKEUP_CONNECTION = 'resonate-wakeup';

/** What the cluster stands on: a database and, beside MariaDB, Redis, each behind a network that fails on demand. */
export interface Backing {
  /** Storage and wake-up arguments of every process. */
  args: readonly string[];
  database: TestServer;
  redis: TestServer | null;
  /** The wake-up channel takes everything and delivers nothing. */
  silenceWakeups(silent: boolean): void;
  /** What goes to the database, or what it answers, is lost from now on; null ends that, and the connections it hit. */
  lose(what: 'requests' | 'answers' | null): void;
  /** Messages that wait to be delivered, straight from the tables; empty when there are none. */
  backlog(): Promise<string>;
  /** What the database is doing right now, for people. */
  activity(): Promise<string>;
  stop(): Promise<void>;
}

export function startBacking(database: Database): Promise<Backing> {
  return database === 'postgres' ? onPostgres() : onMariadb();
}

async function onPostgres(): Promise<Backing> {
  const database = await startPostgres();
  const { url } = await freshPostgresDatabase(database.url);
  const network = await FaultyNetwork.before(url);
  const query = async (sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    args: ['--storage-type', 'postgres', '--storage-postgres-url', network.url],
    database,
    redis: null,
    silenceWakeups: (silent) => network.silence(silent, (greeting) => greeting.includes(WAKEUP_CONNECTION)),
    lose: (what) => network.lose(what),
    backlog: async () => backlogOf(await query(BACKLOG)),
    activity: async () => inspect(await query('SELECT *, pg_blocking_pids(pid) FROM pg_stat_activity')),
    stop: async () => {
      await network.stop();
      await database.stop();
    },
  };
}

async function onMariadb(): Promise<Backing> {
  const database = await startMariadb();
  const redis = await startRedis();
  const { url } = await freshMysqlDatabase(database.url);
  const network = await FaultyNetwork.before(url);
  const redisNetwork = await FaultyNetwork.before(redis.url);
  const query = async (sql: string) => {
    const client = await mysql.createConnection(url);
    try {
      return (await client.query<mysql.RowDataPacket[]>(sql))[0];
    } finally {
      await client.end();
    }
  };
  return {
    args: ['--storage-type', 'mysql', '--storage-mysql-url', network.url, '--wakeup-redis-url', redisNetwork.url],
    database,
    redis,
    silenceWakeups: (silent) => redisNetwork.silence(silent, () => true),
    lose: (what) => network.lose(what),
    backlog: async () => backlogOf(await query(BACKLOG)),
    activity: async () => inspect([await query('SHOW FULL PROCESSLIST'), await query('SHOW ENGINE INNODB STATUS')]),
    stop: async () => {
      await Promise.all([network.stop(), redisNetwork.stop()]);
      await Promise.all([database.stop(), redis.stop()]);
    },
  };
}

type Row = Record<string, unknown>;

function inspect(rows: unknown): string {
  return JSON.stringify(rows, null, 1);
}

function backlogOf([row]: readonly Row[]): string {
  const [tasks, listeners] = [Number(row?.['tasks']), Number(row?.['listeners'])];
  return tasks + listeners === 0 ? '' : `${tasks} tasks, ${listeners} listeners`;
}

const BACKLOG = `SELECT (SELECT count(*) FROM tasks WHERE state = 'pending') AS tasks,
  (SELECT count(*) FROM listeners WHERE due_at IS NOT NULL) AS listeners`;

/** The way to one server. What was lost on a connection can't be made up for, so it ends when the fault does. */
class FaultyNetwork {
  readonly url: string;
  readonly #proxy: TcpProxy;
  /** The first bytes of each connection: they name what it is for. */
  readonly #greetings = new Map<ProxyLink, string>();
  readonly #damaged = new Set<ProxyLink>();
  #isSilent: ((greeting: string) => boolean) | null = null;
  #loses: 'requests' | 'answers' | null = null;

  private constructor(url: string, proxy: TcpProxy) {
    this.url = url;
    this.#proxy = proxy;
    proxy.rules = {
      toServer: (data, link) => {
        if (!this.#greetings.has(link)) this.#greet(link, data);
        if (this.#loses === 'requests' || this.#silences(link)) this.#damaged.add(link);
        else link.sendToServer(data);
      },
      toClient: (data, link) => {
        if (this.#loses === 'answers' || this.#silences(link)) this.#damaged.add(link);
        else link.sendToClient(data);
      },
    };
  }

  static async before(serverUrl: string): Promise<FaultyNetwork> {
    const url = new URL(serverUrl);
    const proxy = await startTcpProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    return new FaultyNetwork(url.href, proxy);
  }

  silence(silent: boolean, which: (greeting: string) => boolean): void {
    this.#isSilent = silent ? which : null;
    if (!silent) this.#cutDamaged();
  }

  lose(what: 'requests' | 'answers' | null): void {
    this.#loses = what;
    if (what === null) this.#cutDamaged();
  }

  stop(): Promise<void> {
    return this.#proxy.stop();
  }

  #silences(link: ProxyLink): boolean {
    return this.#isSilent?.(this.#greetings.get(link) ?? '') === true;
  }

  #cutDamaged(): void {
    for (const link of this.#damaged) link.cut();
    this.#damaged.clear();
  }

  #greet(link: ProxyLink, data: Buffer): void {
    for (const known of this.#greetings.keys()) {
      if (!this.#proxy.links.has(known)) this.#greetings.delete(known);
    }
    this.#greetings.set(link, data.toString('latin1'));
  }
}
