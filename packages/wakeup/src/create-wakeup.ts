import type { CreateLink } from './link.ts';
import { PubSubWakeup } from './pub-sub-wakeup.ts';
import type { Wakeup, WakeupOptions } from './wakeup.ts';

const DEFAULT_CHANNEL = 'resonate_wakeup';
/** With the 17 characters of a probe's topic it fits into the 63 bytes of a Postgres name. */
const CHANNEL = /^[A-Za-z0-9_.:-]{1,40}$/;

/** Loads its driver on `start`. @throws if the URL or channel is invalid. */
export function createWakeup({ type, url, channel = DEFAULT_CHANNEL, ...rest }: WakeupOptions): Wakeup {
  if (type === 'none') return silentWakeup;
  if (url === null || !URL.canParse(url)) throw new Error(`wake-ups over ${type} need the server's url`);
  if (!CHANNEL.test(channel)) throw new Error(`the wake-up channel's name must match ${CHANNEL.source}`);
  return new PubSubWakeup({ url, channel, load: DRIVERS[type], ...rest });
}

const DRIVERS: Record<'postgres' | 'redis', () => Promise<CreateLink>> = {
  postgres: async () => {
    const { PostgresLink } = await import('./postgres.ts');
    return (options) => new PostgresLink(options);
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
