/**
 * Waits for `work`, at most `ms`, and only until `signal` is aborted.
 * @throws the error of `work`, the reason of the signal, or an error that says that `what` took too long.
 */
export async function within<T>(ms: number, what: string, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal?.reason);
  const expire = () => ended.reject(new Error(`${what} took longer than ${ms} ms`));
  // setImmediate, because after a freeze of this process its timers fire before it reads from its sockets. The result
  // may have arrived already.
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
