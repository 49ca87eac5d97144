import { setTimeout as pause } from 'node:timers/promises';
import type { PromiseRecord } from '@resonate/protocol';
import { call, ClientError, type ClientOptions } from './http.ts';
import { printable, span } from './output.ts';
import { Progress } from './progress.ts';

const FIRST_MS = 50;
const LONGEST_MS = 1_000;
/** A restart takes less. A longer outage is reported to the user. */
const PATIENCE_MS = 60_000;

/**
 * Polls until the promise is settled, at least once per second. A listener would be faster, but if it is interrupted, its
 * message would stay behind on the server.
 * @throws ClientError if the server refuses the request, or cannot be reached for a minute
 */
export async function untilSettled(id: string, options: ClientOptions): Promise<PromiseRecord> {
  const startedAt = performance.now();
  const progress = new Progress();
  let heardAt = startedAt;
  try {
    for (;;) {
      const promise = await ask(id, options, heardAt);
      if (promise) {
        if (promise.state !== 'pending') return promise;
        heardAt = performance.now();
      }
      const waitedMs = performance.now() - startedAt;
      progress.say(`waiting for ${printable(id)}: ${span(waitedMs)}`);
      // In proportion to the wait so far, so that a short call is not reported late.
      await pause(Math.min(LONGEST_MS, Math.max(FIRST_MS, waitedMs / 10)));
    }
  } finally {
    progress.done();
  }
}

/** @returns null while the server cannot be reached or is overloaded */
async function ask(id: string, options: ClientOptions, heardAt: number): Promise<PromiseRecord | null> {
  try {
    return (await call<{ promise: PromiseRecord }>('promise.get', { id }, options)).promise;
  } catch (error) {
    const away = error instanceof ClientError && (error.status === null || error.status >= 500);
    if (away && performance.now() - heardAt < PATIENCE_MS) return null;
    throw error;
  }
}
