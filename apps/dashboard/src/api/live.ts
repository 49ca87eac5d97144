import { EventSourceParserStream } from 'eventsource-parser/stream';
import { authorization, queryString } from './client.ts';
import { refreshMs } from './session.ts';
import { tokenRefused, onTokenChange } from './token.ts';

export type LiveStatus = 'live' | 'polling' | 'paused' | 'connecting';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** The server sends a comment far more often: a stream silent for longer is dead. */
const SILENCE_MS = 60_000;

type Listener = () => void;

/**
 * "Something changed", from the server's event stream (GET /admin/events, read with fetch, which can send the token). While
 * there is no stream it ticks as often as the session says; while the page is hidden it does nothing, and ticks once when it is
 * seen again.
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

  /** @returns whether none is left. */
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
    try {
      const query = queryString({ origin: this.#origin });
      const response = await fetch(`/admin/events${query}`, { headers: authorization(), signal: abort.signal });
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
      // Whatever ended it: polling goes on below until a stream is had again.
    }
    clearTimeout(silence);
    if (this.#abort === abort) this.#fallBack();
  }

  #connected(): void {
    if (this.#poll) clearTimeout(this.#poll);
    this.#poll = null;
    this.#retryMs = FIRST_RETRY_MS;
    setStatus('live');
  }

  #fallBack(): void {
    setStatus('polling');
    if (!this.#poll) this.#pollLater();
    this.#retry = setTimeout(() => void this.#read(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  /** No interval: how often is known only when the session is. */
  #pollLater(): void {
    this.#poll = setTimeout(() => {
      this.#pollLater();
      this.#tick();
    }, refreshMs());
  }
}

const streams = new Map<string, LiveStream>();
const statusListeners = new Set<Listener>();
let status: LiveStatus = 'connecting';

/**
 * Calls back at once and whenever something may have changed, about twice a second at most.
 * @param origin only what happens in this call graph; '' for everything.
 * @returns ends it.
 */
export function onChange(origin: string, listener: Listener): () => void {
  let stream = streams.get(origin);
  if (!stream) streams.set(origin, (stream = new LiveStream(origin)));
  stream.add(listener);
  return () => {
    if (stream.remove(listener) && streams.get(origin) === stream) streams.delete(origin);
  };
}

/** How changes are learned of at the moment. */
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
