import { EventSourceParserStream } from 'eventsource-parser/stream';
import { authorization, queryString } from './client.ts';
import { refreshMs } from './use-session.ts';
import { tokenRefused, onTokenChange } from './token.ts';

export type LiveStatus = 'live' | 'polling' | 'paused' | 'connecting' | 'offline';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** A stream that is silent for longer than this is dead, because the server sends comments far more often. */
const SILENCE_MS = 60_000;

type Listener = () => void;

/**
 * Reports changes on the server to its listeners. It reads the server's event stream (GET /admin/events) with fetch,
 * because EventSource cannot send the token. Without a stream it reports at the session's refresh interval. While the
 * page is hidden it does nothing. It reports once when the page is visible again.
 */
class LiveStream {
  readonly #origin: string;
  readonly #listeners = new Set<Listener>();
  #abort: AbortController | null = null;
  #poll: ReturnType<typeof setTimeout> | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #retryMs = FIRST_RETRY_MS;

  constructor(origin: string) {
    this.#origin = origin;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.resume();
  }

  /** @returns true if this was the last listener. */
  remove(listener: Listener): boolean {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#halt();
    return this.#listeners.size === 0;
  }

  resume(): void {
    this.#halt();
    if (document.hidden) return setStatus('paused');
    setStatus('connecting');
    this.#tick();
    void this.#read();
  }

  pause(): void {
    this.#halt();
    setStatus('paused');
  }

  #tick(): void {
    for (const listener of this.#listeners) listener();
  }

  #halt(): void {
    this.#abort?.abort();
    this.#abort = null;
    if (this.#poll) clearTimeout(this.#poll);
    if (this.#retry) clearTimeout(this.#retry);
    this.#poll = this.#retry = null;
  }

  async #read(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    let hasAnswer = false;
    try {
      const query = queryString({ origin: this.#origin });
      const response = await fetch(`/admin/events${query}`, { headers: authorization(), signal: abort.signal });
      hasAnswer = !isUnreachable(response);
      if (response.status === 401) tokenRefused();
      if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
      this.#connected();
      const awake = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          clearTimeout(silence);
          silence = setTimeout(() => abort.abort(), SILENCE_MS);
          controller.enqueue(chunk);
        },
      });
      const events = response.body
        .pipeThrough(awake)
        .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
        .pipeThrough(new EventSourceParserStream())
        .getReader();
      while (!(await events.read()).done) this.#tick();
    } catch {
      // Ignore the error: the page polls until it has a stream again.
    }
    clearTimeout(silence);
    if (this.#abort === abort) this.#fallBack(hasAnswer);
  }

  #connected(): void {
    if (this.#poll) clearTimeout(this.#poll);
    this.#poll = null;
    this.#retryMs = FIRST_RETRY_MS;
    setStatus('live');
  }

  #fallBack(hasAnswer: boolean): void {
    setStatus(hasAnswer ? 'polling' : 'offline');
    if (!this.#poll) this.#pollLater();
    this.#retry = setTimeout(() => void this.#read(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  /** A timeout instead of an interval, because the period is known only when the session is loaded. */
  #pollLater(): void {
    this.#poll = setTimeout(() => {
      this.#pollLater();
      this.#tick();
    }, refreshMs());
  }
}

/** True if a proxy answered because it cannot reach the server. */
function isUnreachable({ status }: Response): boolean {
  return status === 502 || status === 504;
}

const streams = new Map<string, LiveStream>();
const statusListeners = new Set<Listener>();
let status: LiveStatus = 'connecting';

/**
 * Calls `listener` whenever something may have changed (at most about twice per second). The first listener of an origin
 * is also called at once, unless the page is hidden.
 * @param origin reports only changes in this call graph; '' for all changes.
 * @returns a function that stops it.
 */
export function onChange(origin: string, listener: Listener): () => void {
  let stream = streams.get(origin);
  if (!stream) streams.set(origin, (stream = new LiveStream(origin)));
  stream.add(listener);
  return () => {
    if (stream.remove(listener) && streams.get(origin) === stream) streams.delete(origin);
  };
}

/** How the page is currently kept up to date. */
export function liveStatus(): LiveStatus {
  return status;
}

export function onLiveStatus(listener: Listener): () => void {
  statusListeners.add(listener);
  return () => statusListeners.delete(listener);
}

function setStatus(next: LiveStatus): void {
  if (next === status) return;
  status = next;
  for (const listener of statusListeners) listener();
}

function resumeAll(): void {
  for (const stream of streams.values())
    if (document.hidden) stream.pause();
    else stream.resume();
}
document.addEventListener('visibilitychange', resumeAll);
onTokenChange(resumeAll);
