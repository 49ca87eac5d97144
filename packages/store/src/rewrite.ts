import { setTimeout as sleep } from 'node:timers/promises';
import { BatchConflict, StoreUnavailable } from '@resonate/drivers';
import type { RowChanges } from '@resonate/machine';
import type { Dialect, Rewrite } from './dialect.ts';
import type { Statement } from './sql/statement.ts';

/** After this many conflicts in a row the transaction fails. */
const MAX_ATTEMPTS = 10;
/** From this attempt on, wait briefly so that the competing transaction can finish. */
const PAUSE_FROM_ATTEMPT = 3;
const PAUSE_MS = 10;

/** `Dialect.rewrite`, repeated after conflicts. So `decide` may be called several times. */
export async function rewrite<Result>(
  dialect: Pick<Dialect, 'rewrite'>,
  reads: readonly Statement[],
  decide: (rows: unknown[][][], now: number) => Rewrite<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dialect.rewrite(reads, decide);
    } catch (error) {
      if (!(error instanceof BatchConflict)) throw error;
      if (attempt >= MAX_ATTEMPTS) throw new StoreUnavailable(error.message);
      if (attempt >= PAUSE_FROM_ATTEMPT) await sleep(PAUSE_MS);
    }
  }
}

export function updatesOf<Row>(updates: Row[]): RowChanges<Row> {
  return { inserts: [], updates, deletes: [] };
}
