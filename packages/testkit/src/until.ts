import { setTimeout as pause } from 'node:timers/promises';

/**
 * Calls `probe` every `everyMs` until it returns something other than undefined or false. Throws after `withinMs`, with
 * `what` in the message and the last error of `probe` as the cause.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  everyMs = 20,
): Promise<T> {
  const deadlineAt = Date.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= deadlineAt) {
      throw new Error(`${what}: not within ${withinMs} ms`, { cause: lastError });
    }
    await pause(everyMs);
  }
}
