import { ApiError, operate } from '../api/client.ts';
import type { Value } from '../promise/value.ts';

interface Wanted {
  id: string;
  param: Value;
  tags: Record<string, string>;
  /** Epoch ms. */
  timeoutAt: number;
}

/** Creates the promise of a new workflow. @throws Error if the id is taken */
export async function start(wanted: Wanted): Promise<void> {
  // The server would answer with the existing promise, which would look like success here.
  if (await exists(wanted.id)) throw new Error(`A promise with the id ${wanted.id} already exists. Choose another id.`);
  await operate('promise.create', { ...wanted });
}

async function exists(id: string): Promise<boolean> {
  try {
    await operate('promise.get', { id });
    return true;
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 404) return false;
    throw cause;
  }
}
