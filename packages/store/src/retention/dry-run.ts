import type { RetentionRules } from '@resonate/machine';
import { StoreUnavailable } from '../dialect.ts';
import { inspectStore } from '../inspect.ts';
import { openDialect, type StorageTarget } from '../open.ts';
import type { PlainSql } from '../sql/plain-sql.ts';
import { addOutcome, type SweepOutcome } from './removal.ts';
import { Sweep } from './sweep.ts';

/** Promises that are judged together; nothing is locked. */
const BATCH_SIZE = 500;

/**
 * What retention by these rules would remove now, also while servers use the database.
 * @param told how far it is, now and then.
 * @throws StoreUnavailable; an error that says so when the schema is not this program's.
 */
export async function countRemovable(
  target: StorageTarget,
  rules: RetentionRules,
  told: (soFar: SweepOutcome) => void,
): Promise<SweepOutcome> {
  const { schemaVersion, knownVersion, now } = await inspectStore(target, Date.now);
  const sum: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
  if (schemaVersion === null) return sum;
  if (schemaVersion !== knownVersion) {
    throw new StoreUnavailable(`the schema has version ${schemaVersion}, this program's is ${knownVersion}`);
  }
  const { plain, close } = await openForReading(target);
  try {
    const sweep = new Sweep(plain, { rules, batchSize: BATCH_SIZE, isDryRun: true }, now);
    while (!sweep.isDone) told(addOutcome(sum, await sweep.step()));
    return sum;
  } finally {
    await close();
  }
}

/** A server has the SQLite file for itself; reading it beside the server is all that is allowed. */
async function openForReading(target: StorageTarget): Promise<{ plain: PlainSql; close(): Promise<void> }> {
  if (target.type === 'sqlite') return (await import('../dialects/sqlite/inspect.ts')).openForReading(target.path);
  const dialect = await openDialect(target, Date.now);
  return { plain: dialect.plain, close: () => dialect.close() };
}
