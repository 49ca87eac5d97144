import type { Config } from '@resonate/config';
import { Primary } from '@resonate/drivers/postgres';
import type { Transport } from '@resonate/protocol';
import type { Metrics } from '@resonate/observability';
import type { DueHint, DueTimes } from '@resonate/store';
import { createWakeup, type Hint, type Wakeup, type WakeupObserver, type WakeupOptions } from '@resonate/wakeup';
import type { RuntimeWith } from './runtime.ts';

/**
 * Connects the loops of this process with those of other processes. When a commit here makes something due soon, it
 * wakes their loops, and their commits wake ours.
 */
export function connectWakeups({
  config,
  store,
  logger,
  processId,
  metrics,
}: RuntimeWith<'config' | 'logger' | 'processId' | 'metrics', 'clock' | 'hints'>): Wakeup {
  const wakeup = createWakeup({ ...wakeupChannel(config), processId, logger, observer: observerOf(metrics) });
  store.hints.onCommit((hints) => {
    const hint = soonDue(hints, store.clock.now(), config);
    if (hint) wakeup.publish(hint);
  });
  wakeup.onHint((hint) => store.hints.announce(hintsFrom(hint)));
  return wakeup;
}

function observerOf({ wakeups, wakeupLatency, wakeupConnected }: Metrics): WakeupObserver {
  return {
    onPublished: () => wakeups.inc({ event: 'published' }),
    onReceived: (latencyMs) => {
      wakeups.inc({ event: 'received' });
      wakeupLatency.observe(latencyMs / 1000);
    },
    onDropped: (reason) => wakeups.inc({ event: reason }),
    onConnected: (connected) => wakeupConnected.set(connected ? 1 : 0),
  };
}

/** At `messages.poll_interval` (100 ms) an idle process would query its database 10 times a second. */
const RARE_SCAN_MS = 1_000;

/** How often a loop looks for due messages while hints work, ms. Hints must announce what is due earlier. */
export function scanEveryMs({ messages }: Pick<Config, 'messages'>): number {
  return Math.max(RARE_SCAN_MS, messages.pollIntervalMs);
}

/** The channel over which the processes of a cluster wake each other. */
export function wakeupChannel(config: Config): Pick<WakeupOptions, 'type' | 'url' | 'newPostgresClient'> {
  const type = wakeupType(config);
  const { storage, wakeup } = config;
  if (type === 'redis') return { type, url: wakeup.redis.url };
  const { url, connectTimeoutMs } = storage.postgres;
  if (type === 'none' || url === null) return { type, url: null };
  const primary = new Primary({ url, connectTimeoutMs });
  return { type, url: null, newPostgresClient: (options) => primary.newClient(options) };
}

export function wakeupType({ storage, wakeup: { type, redis } }: Config): WakeupOptions['type'] {
  if (type === 'redis' || (type === 'auto' && redis.url !== null)) return 'redis';
  return type === 'postgres' || (type === 'auto' && storage.type === 'postgres') ? 'postgres' : 'none';
}

/**
 * The part of a hint that is due before the other processes poll; null if there is none. The rest needs no message:
 * most timers are hours away.
 */
function soonDue({ timerAt, deliveries }: DueHint, now: number, config: Config): Hint | null {
  const timerSoon = timerAt !== null && timerAt <= now + config.timeouts.pollIntervalMs;
  const until = now + scanEveryMs(config);
  const soon = [...deliveries].filter(([, { at }]) => at <= until);
  if (!timerSoon && soon.length === 0) return null;
  const targets = soon.flatMap(([transport, { targets: all }]) =>
    all ? [[transport, Object.fromEntries([...all].filter(([, at]) => at <= until))]] : [],
  );
  return {
    timerAt: timerSoon ? timerAt : null,
    deliveries: Object.fromEntries(soon.map(([transport, { at }]) => [transport, at])),
    targets: Object.fromEntries(targets) as Hint['targets'] & object,
  };
}

function hintsFrom({ timerAt, deliveries, targets = {} }: Hint): DueHint {
  const due = Object.entries(deliveries).map(([transport, at]): [Transport, DueTimes] => {
    const named = targets[transport];
    return [transport as Transport, { at, targets: named ? new Map(Object.entries(named)) : null }];
  });
  return { timerAt, deliveries: new Map(due) };
}
