/**
 * Waits for `work`, but no longer than `ms`, nor beyond `signal`.
 * @throws what `work` throws, the signal's reason, or an error that says `what` took too long.
 */
export async function within<T>(ms: number, what: string, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal?.reason);
  const expire = () => ended.reject(new Error(`${what} took longer than ${ms} ms`));
  // When this process was frozen itself, its timers come first and what waits in its sockets right after.
  const timer = setTimeout(() => setImmediate(expire), ms);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
