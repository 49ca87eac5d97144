import { span } from '@resonate/admin/words';
import { maskUrls, type Config } from '@resonate/config';
import { storageTarget } from '@resonate/process';
import { inspectStore, type Inspection, type StorageTarget } from '@resonate/store';
import { failed, type Finding } from './finding.ts';

/**
 * A larger difference gets a warning. Leases and timeouts follow the store's clock, so times that clients compute with
 * their own clock are wrong by the difference.
 */
const MAX_CLOCK_DIFFERENCE_MS = 1_000;

/** Checks that the database is reachable and can be used, that this program supports its schema, and that the clocks agree. */
export async function checkStore(config: Config): Promise<Finding[]> {
  const target = storageTarget(config);
  const startedAt = performance.now();
  const askedAt = Date.now();
  try {
    const found = await inspectStore(target, Date.now);
    const tookMs = performance.now() - startedAt;
    return [
      reached(found, `${placeOf(target)}, answered within ${span(tookMs)}`),
      schema(found, target),
      ...(target.type === 'sqlite' ? [] : [clock(found.now, askedAt, askedAt + tookMs)]),
    ];
  } catch (error) {
    return [failed('store', new Error(maskUrls((error as Error).message)))];
  }
}

function reached({ isReadOnly }: Inspection, detail: string): Finding {
  const check = 'store';
  if (!isReadOnly) return { check, status: 'ok', detail };
  return {
    check,
    status: 'warning',
    detail: `${detail}, but it is read-only: a server waits until the database accepts writes`,
  };
}

function placeOf(target: StorageTarget): string {
  return target.type === 'sqlite' ? `SQLite ${target.path}` : maskUrls(target.url);
}

function schema({ schemaVersion, knownVersion }: Inspection, target: StorageTarget): Finding {
  const check = 'schema';
  if (target.type === 'sqlite' && target.path === ':memory:') return { check, status: 'ok', detail: 'in memory' };
  if (schemaVersion === null) return { check, status: 'ok', detail: 'none yet: the first start creates it' };
  const versions = `version ${schemaVersion}, this program has ${knownVersion}`;
  if (schemaVersion === knownVersion) return { check, status: 'ok', detail: `version ${schemaVersion}` };
  if (schemaVersion < knownVersion) {
    return {
      check,
      status: 'warning',
      detail: `${versions}: the next start, or resonate migrate, updates it`,
    };
  }
  return { check, status: 'failed', detail: `${versions}: a newer version of this program wrote it` };
}

/** @param store the store's clock, read at some time between `earliest` and `latest`. */
function clock(store: number, earliest: number, latest: number): Finding {
  const off = store < earliest ? store - earliest : Math.max(0, store - latest);
  const tooFar = Math.abs(off) > MAX_CLOCK_DIFFERENCE_MS;
  const detail =
    off === 0 ? 'the same as this machine' : `${span(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} this machine`;
  return { check: 'clock', status: tooFar ? 'warning' : 'ok', detail };
}
