import { operate } from '../api/client.ts';
import { refuseExisting } from '../api/refuse-existing.ts';
import type { Value } from '../value/value.ts';

interface Wanted {
  id: string;
  param: Value;
  tags: Record<string, string>;
  /** Epoch ms. */
  timeoutAt: number;
}

/** Creates the promise of a new workflow. @throws Error if the id is taken */
export async function start(wanted: Wanted): Promise<void> {
  await refuseExisting('promise', wanted.id);
  await operate('promise.create', { ...wanted });
}
