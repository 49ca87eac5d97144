import { ApiError, operate } from './client.ts';

/**
 * Checks that an id is free before something is created with it. Otherwise the server would answer with the existing
 * record, which would look like success.
 * @throws Error if there is one with this id
 */
export async function refuseExisting(noun: 'promise' | 'schedule', id: string): Promise<void> {
  try {
    await operate(`${noun}.get`, { id });
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 404) return;
    throw cause;
  }
  throw new Error(`A ${noun} with the id ${id} already exists. Choose another id.`);
}
