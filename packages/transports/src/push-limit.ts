import { PushFailed } from './push-failed.ts';

/**
 * Limits the pushes of one transport in time. Each push ends after `limitMs`, and all of them when the transport
 * closes.
 */
export class PushLimit {
  readonly #limitMs: number;
  readonly #running = new Set<AbortController>();
  #closed = false;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /**
   * Returns the result of `work`. When the signal is aborted, `work` must end, and must reject with the signal's reason,
   * a PushFailed.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closed) throw closing();
    const ending = new AbortController();
    // Not AbortSignal.timeout: it is freed only when its time has passed, and holds 0.6 KB for every push until then.
    const timeOut = setTimeout(() => {
      ending.abort(new PushFailed(`the target did not answer within ${this.#limitMs} ms`));
    }, this.#limitMs);
    this.#running.add(ending);
    try {
      return await work(ending.signal);
    } finally {
      clearTimeout(timeOut);
      this.#running.delete(ending);
    }
  }

  /** Ends the running pushes. Later ones are refused. */
  close(): void {
    this.#closed = true;
    for (const ending of this.#running) ending.abort(closing());
  }
}

/** The result of work that cannot be ended, or the signal's reason if that comes first. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  work.then(resolve, reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

function closing(): PushFailed {
  return new PushFailed('the dispatcher is shutting down');
}
