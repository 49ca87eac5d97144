import { StoreUnavailable } from '@resonate/drivers';
import type { RetentionRules } from '@resonate/machine';
import { inspectStore, openForReading, type StorageTarget } from '../open.ts';
import { addOutcome, type SweepOutcome } from './removal.ts';
import { Sweep } from './sweep.ts';

/** How many promises are judged together. Nothing is locked meanwhile. */
const BATCH_SIZE = 500;

/**
 * Counts what retention by these rules would remove now. Servers may use the database meanwhile.
 * @param told called with the progress, after each step.
 * @throws StoreUnavailable, also if there is no schema, or if it has another version than this program's.
 */
export async function countRemovable(
  target: StorageTarget,
  rules: RetentionRules,
  told: (soFar: SweepOutcome) => void,
): Promise<SweepOutcome> {
  const { schemaVersion, knownVersion, now } = await inspectStore(target, Date.now);
  const sum: SweepOutcome = { graphs: 0, promises: 0, kept: {} };
  if (schemaVersion === null) {
    // As in other errors of a store, the password of a URL is masked where the message is shown.
    const place = target.type === 'sqlite' ? target.path : target.url;
    throw new StoreUnavailable(`there is no resonate database at ${place}`);
  }
  if (schemaVersion !== knownVersion) {
    const advice =
      schemaVersion < knownVersion ? 'start a server of this version first' : 'use a newer version of this program';
    throw new StoreUnavailable(`the schema has version ${schemaVersion}, this program's is ${knownVersion}: ${advice}`);
  }
  const database = await openForReading(target);
  try {
    const sweep = new Sweep(database, { rules, batchSize: BATCH_SIZE, isDryRun: true }, now);
    while (!sweep.isDone) told(addOutcome(sum, await sweep.step()));
    return sum;
  } finally {
    await database.close();
  }
}
