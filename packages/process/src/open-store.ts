import type { Config } from '@resonate/config';
import { StoreUnavailable } from '@resonate/drivers';
import type { Logger } from '@resonate/observability';
import { openDialect, type StorageTarget } from '@resonate/store';

/** How long a starting process waits for a database server that is not up yet. */
const MAX_WAIT_MS = 60_000;
const RETRY_MS = 1_000;

/**
 * Opens the configured database. Waits for a server that is unreachable, because the processes of a cluster and its
 * database may start at the same time.
 * @throws StoreUnavailable if the server is unreachable for a minute, or if the SQLite file cannot be opened.
 */
export async function openStorage(config: Config, clock: () => number, logger: Logger) {
  const target = storageTarget(config);
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  for (;;) {
    try {
      return await openDialect(target, clock);
    } catch (error) {
      const mayRetry = target.type !== 'sqlite' && error instanceof StoreUnavailable && performance.now() < giveUpAt;
      if (!mayRetry) throw error;
      logger.warn('waiting for the database', { error: error.message });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The configured database. */
export function storageTarget({ storage }: Config): StorageTarget {
  const { type, election } = storage;
  if (type === 'sqlite') return { type, ...storage.sqlite };
  const { url, poolSize, connectTimeoutMs, statementTimeoutMs } = storage[type];
  if (url === null) throw new Error(`storage.${type}.url is not set`);
  return { type, url, poolSize, connectTimeoutMs, statementTimeoutMs, election };
}
