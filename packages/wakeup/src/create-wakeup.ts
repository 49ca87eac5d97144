import type { CreateLink } from './link.ts';
import type { NewPostgresClient } from './postgres.ts';
import { PubSubWakeup } from './pub-sub-wakeup.ts';
import type { Wakeup, WakeupOptions } from './wakeup.ts';

const DEFAULT_CHANNEL = 'resonate_wakeup';
/** With the 17 characters of a probe's topic it fits into the 63 bytes of a Postgres name. */
const CHANNEL = /^[A-Za-z0-9_.:-]{1,40}$/;

/** Loads its driver on `start`. @throws if the URL or channel is invalid. */
export function createWakeup({ newPostgresClient, ...options }: WakeupOptions): Wakeup {
  const { type, url, channel = DEFAULT_CHANNEL, ...rest } = options;
  if (type === 'none') return silentWakeup;
  if (!newPostgresClient && (url === null || !URL.canParse(url)))
    throw new Error(`wake-ups over ${type} need the server's url`);
  if (!CHANNEL.test(channel)) throw new Error(`the wake-up channel's name must match ${CHANNEL.source}`);
  const load = () => DRIVERS[type](newPostgresClient);
  return new PubSubWakeup({ url: url ?? '', channel, load, ...rest });
}

const DRIVERS: Record<'postgres' | 'redis', (newPostgresClient?: NewPostgresClient) => Promise<CreateLink>> = {
  postgres: async (newClient) => {
    const { PostgresLink } = await import('./postgres.ts');
    return (options) => new PostgresLink(options, newClient);
  },
  redis: async () => {
    const { RedisLink } = await import('./redis.ts');
    return (options) => new RedisLink(options);
  },
};

const silentWakeup: Wakeup = {
  name: 'wakeup',
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  publish: () => {},
  onHint: () => () => {},
};
