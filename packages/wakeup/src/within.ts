/**
 * Waits for `work`, but at most `ms`, and not beyond `signal`.
 * @throws what `work` throws, the signal's reason, or an error that says that `what` took too long.
 */
export async function within<T>(ms: number, what: string, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal?.reason);
  const expire = () => ended.reject(new Error(`${what} took longer than ${ms} ms`));
  // If this process was frozen itself, its timers fire before it reads what has arrived in its sockets.
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
