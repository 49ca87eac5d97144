import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startPostgres,
  startRedis,
  startTcpProxy,
  type ProxyLink,
  type TcpProxy,
} from '@resonate/testkit';

export type DatabaseName = 'postgres' | 'mysql';

/** What the processes of a cluster share: a database, and the channel over which they wake each other. */
export interface Backing {
  /** What a process needs in its environment. */
  env: Record<string, string>;
  /** From now on nothing comes over the wake-up channel, though its connections stay open. */
  silenceWakeups(): void;
  /** From now on every connection of the wake-up channel breaks, as when its server is stopped. */
  breakWakeups(): void;
  /** The channel works again; its connections are new. */
  healWakeups(): void;
  stop(): Promise<void>;
}

/** Postgres, whose processes wake each other by LISTEN/NOTIFY; or MariaDB, where Redis carries the wake-ups. */
export function startBacking(database: DatabaseName): Promise<Backing> {
  return database === 'postgres' ? onPostgres() : onMariadb();
}

async function onPostgres(): Promise<Backing> {
  const server = await startPostgres();
  const { url } = await freshPostgresDatabase(server.url);
  // Only connections that listen are wake-up channels: everything else goes on while they are silent.
  const channel = await startChannel(url, (data) => data.includes('LISTEN'));
  const env = { RESONATE_STORAGE__TYPE: 'postgres', RESONATE_STORAGE__POSTGRES__URL: channel.url };
  return {
    ...channel,
    env,
    stop: async () => {
      await channel.stop();
      await server.stop();
    },
  };
}

async function onMariadb(): Promise<Backing> {
  const server = await startMariadb();
  const redis = await startRedis();
  const { url } = await freshMysqlDatabase(server.url);
  const channel = await startChannel(redis.url, () => true);
  const env = {
    RESONATE_STORAGE__TYPE: 'mysql',
    RESONATE_STORAGE__MYSQL__URL: url,
    RESONATE_WAKEUP__REDIS__URL: channel.url,
  };
  return {
    ...channel,
    env,
    stop: async () => {
      await channel.stop();
      await redis.stop();
      await server.stop();
    },
  };
}

interface Channel extends Pick<Backing, 'silenceWakeups' | 'breakWakeups' | 'healWakeups'> {
  /** `url` through a proxy. */
  url: string;
  stop(): Promise<void>;
}

async function startChannel(url: string, carriesWakeups: (data: Buffer) => boolean): Promise<Channel> {
  const through = new URL(url);
  const proxy: TcpProxy = await startTcpProxy(through.hostname, Number(through.port));
  const channels = new WeakSet<ProxyLink>();
  let isSilent = false;
  let isBroken = false;
  proxy.rules = {
    toServer: (data, link) => {
      if (carriesWakeups(data)) channels.add(link);
      if (isBroken && channels.has(link)) link.cut();
      else if (!isSilent || !channels.has(link)) link.sendToServer(data);
    },
    toClient: (data, link) => {
      if (!isSilent || !channels.has(link)) link.sendToClient(data);
    },
  };
  const cutAll = () => {
    for (const link of proxy.links) if (channels.has(link)) link.cut();
  };
  through.host = `127.0.0.1:${proxy.port}`;
  return {
    url: through.href,
    silenceWakeups: () => void (isSilent = true),
    breakWakeups: () => {
      isBroken = true;
      cutAll();
    },
    healWakeups: () => {
      isSilent = false;
      isBroken = false;
      // What was swallowed is missing in the middle of a conversation.
      cutAll();
    },
    stop: () => proxy.stop(),
  };
}
