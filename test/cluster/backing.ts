import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  MYSQL_SERVERS,
  startPostgres,
  startRedis,
  type MysqlServerName,
  type TestServer,
} from '@resonate/testkit';
import { FaultyNetwork, type Lost } from './faulty-network.ts';

export type DatabaseName = 'postgres' | MysqlServerName;

/** Name of the connections of wake-ups over Postgres (packages/wakeup). */
const WAKEUP_CONNECTION = 'resonate-wakeup';

/** What the processes of a cluster share: a database and, with MySQL or MariaDB, Redis. Both are behind a network that can fail. */
export interface Backing {
  /** The environment variables of a process for storage and wake-ups. */
  env: Record<string, string>;
  /** The URL of the database itself, which faults of the network do not affect. */
  readonly databaseUrl: string;
  database: TestServer;
  redis: TestServer | null;
  /** The network through which processes wake each other. */
  wakeups: Pick<FaultyNetwork, 'silenceWakeups' | 'breakWakeups' | 'healWakeups'>;
  /** From now on, requests to the database or its answers are lost. Null ends the fault and closes the affected connections. */
  lose(what: Lost): void;
  /** Directs new connections to another database server. */
  leadTo(serverUrl: string): void;
  stop(): Promise<void>;
}

/**
 * Postgres, where processes wake each other by LISTEN/NOTIFY; or MySQL or MariaDB, where Redis carries the wake-ups.
 * @param server a running database server, whose URL may change. By default a new one is started.
 */
export async function startBacking(name: DatabaseName, server?: TestServer): Promise<Backing> {
  if (name === 'postgres') return onPostgres(server ?? (await startPostgres()));
  return onMysql(server ?? (await MYSQL_SERVERS[name]()));
}

async function onPostgres(database: TestServer): Promise<Backing> {
  const { url } = await freshPostgresDatabase(database.url);
  const network = await FaultyNetwork.before(url, (greeting) => greeting.includes(WAKEUP_CONNECTION));
  return {
    env: { RESONATE_STORAGE__TYPE: 'postgres', RESONATE_STORAGE__POSTGRES__URL: network.url },
    get databaseUrl() {
      return onServer(database, url);
    },
    database,
    redis: null,
    wakeups: network,
    lose: (what) => network.lose(what),
    leadTo: (serverUrl) => network.leadTo(serverUrl),
    stop: async () => {
      await network.stop();
      await database.stop();
    },
  };
}

async function onMysql(database: TestServer): Promise<Backing> {
  const redis = await startRedis();
  const { url } = await freshMysqlDatabase(database.url);
  const network = await FaultyNetwork.before(url, () => false);
  const wakeups = await FaultyNetwork.before(redis.url, () => true);
  return {
    env: {
      RESONATE_STORAGE__TYPE: 'mysql',
      RESONATE_STORAGE__MYSQL__URL: network.url,
      RESONATE_WAKEUP__REDIS__URL: wakeups.url,
    },
    get databaseUrl() {
      return onServer(database, url);
    },
    database,
    redis,
    wakeups,
    lose: (what) => network.lose(what),
    leadTo: (serverUrl) => network.leadTo(serverUrl),
    stop: async () => {
      await Promise.all([network.stop(), wakeups.stop()]);
      await Promise.all([database.stop(), redis.stop()]);
    },
  };
}

/** The URL of the same database on the present server. */
function onServer(server: TestServer, databaseUrl: string): string {
  return new URL(new URL(databaseUrl).pathname, server.url).href;
}
