import type { CreateLink } from './link.ts';
import type { NewPostgresClient } from './postgres.ts';
import { PubSubWakeup } from './pub-sub-wakeup.ts';
import type { Wakeup, WakeupOptions } from './wakeup.ts';

const DEFAULT_CHANNEL = 'resonate_wakeup';
/**
 * At most 40 characters: together with the 17 that a probe topic adds, it must fit into the 63 bytes of a Postgres
 * name.
 */
const CHANNEL = /^[A-Za-z0-9_.:-]{1,40}$/;

/** Loads its driver on `start`. @throws if the URL or channel is invalid. */
export function createWakeup({ newPostgresClient, ...options }: WakeupOptions): Wakeup {
  const { type, url, channel = DEFAULT_CHANNEL, ...rest } = options;
  if (type === 'none') return silentWakeup;
  if (!newPostgresClient && (url === null || !URL.canParse(url)))
    throw new Error(`wake-ups over ${type} need a valid URL of the server`);
  if (!CHANNEL.test(channel)) throw new Error(`the name of the wake-up channel must match ${CHANNEL.source}`);
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
