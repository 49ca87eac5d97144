import { Loop, type Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';
import { pollTarget } from '@resonate/protocol';
import type { StreamHub } from '@resonate/transports';

type Context = RuntimeWith<'config' | 'logger', 'deadLetters' | 'debug'>;

/** How often in `messages.uni_max_age` a connection is reported, so that a report may fail a few times. */
const REPORTS = 10;
/** The shortest time between reports. */
const MIN_REPORT_MS = 100;

/**
 * Reports which connections are open in this process, so that the scheduler does not drop the `unblock`s that wait for one
 * of them (`poll://uni@`) because its worker is slow. The scheduler may run in another process, and it sees only how long a
 * message has been due.
 */
export function createOpenConnections({ config, logger, store }: Context, hub: StreamHub): Service {
  return new Loop({
    name: 'open connections',
    pollIntervalMs: Math.max(MIN_REPORT_MS, Math.floor(config.messages.uniMaxAgeMs / REPORTS)),
    logger,
    step: async () => {
      // `debug.start` has paused the server: nothing may change by itself.
      if (config.debug && (await store.debug.isPaused())) return null;
      await store.deadLetters.keepForOpen(hub.streams().map(({ group, id }) => pollTarget(group, id)));
      return null;
    },
  });
}
