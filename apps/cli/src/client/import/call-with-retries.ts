import { setTimeout as pause } from 'node:timers/promises';
import { call, ClientError, type ClientOptions } from '../http.ts';

const TRIES = 6;
const FIRST_PAUSE_MS = 200;

/**
 * Sends an idempotent request, with retries for about six seconds while the server cannot be reached or is overloaded.
 * @throws ClientError
 */
export async function callWithRetries(kind: string, data: object, options: ClientOptions) {
  for (let tries = 1; ; tries++) {
    try {
      return await call(kind, data, options);
    } catch (error) {
      const passes = error instanceof ClientError && (error.status === null || error.status === 503);
      if (!passes || tries === TRIES) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (tries - 1));
  }
}
