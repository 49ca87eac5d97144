import { earliest, isEmpty, isHint, mergeHints, NOTHING, type Hint } from './hint.ts';
import { KeptLink } from './kept-link.ts';
import type { CreateLink, Link } from './link.ts';
import { decodeMessage, encodeMessage } from './hint-message.ts';
import type { HintListener, Wakeup, WakeupOptions } from './wakeup.ts';
import { within } from './within.ts';

/**
 * The shortest time between two messages, so that hints cost a busy database little. Without this limit eight processes
 * cost Postgres half a core (1,440 messages a second, 0.36 ms of its CPU each).
 */
const MIN_GAP_MS = 5;
/**
 * A hint for a time further away than this waits `LATER_MS`, and is sent together with the hints that arrive meanwhile.
 * Most timers are hours away.
 */
const SOON_MS = 1000;
const LATER_MS = 50;
/** How long `stop` waits until the last hints are sent. */
const FLUSH_TIMEOUT_MS = 500;

export interface PubSubWakeupOptions extends Omit<WakeupOptions, 'type'> {
  url: string;
  channel: string;
  load: () => Promise<CreateLink>;
}

interface Pending {
  hint: Hint;
  /** When the oldest hint in the message was published, epoch ms. */
  sentAt: number;
  /** When to send the message, from `performance.now()`. */
  dueAt: number;
}

/**
 * Sends hints over a pub/sub server, one message at a time. Hints published meanwhile are merged into the next message.
 */
export class PubSubWakeup implements Wakeup {
  readonly name = 'wakeup';
  readonly #options: PubSubWakeupOptions;
  readonly #listeners = new Set<HintListener>();
  #kept: KeptLink | null = null;
  #stopped = false;
  /** The next message. It waits here while the channel is down. */
  #pending: Pending | null = null;
  #scheduled: { dueAt: number; cancel: () => void } | null = null;
  #notBefore = -Infinity;
  #sending: { over: Link; done: Promise<void> } | null = null;

  constructor(options: PubSubWakeupOptions) {
    this.#options = options;
  }

  /** Rejects only if the driver cannot be loaded. Does not wait for the server. */
  async start(): Promise<void> {
    const { load, url, channel, processId, logger, observer } = this.#options;
    observer?.onConnected?.(false);
    const create = await load();
    if (this.#stopped) return;
    this.#kept = new KeptLink({
      create,
      url,
      // Redis allows no spaces in a connection's name.
      name: `resonate-wakeup:${processId}`.replaceAll(/[^!-~]/g, '_'),
      topic: channel,
      onMessage: (text) => this.#receive(text),
      onChange: (up) => {
        observer?.onConnected?.(up);
        this.#schedule();
      },
      logger,
    });
    this.#kept.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#scheduled?.cancel();
    if (this.#kept?.link) await within(FLUSH_TIMEOUT_MS, 'the last message', this.#flush()).catch(() => {});
    await this.#kept?.stop();
  }

  publish(hint: Hint): void {
    if (isEmpty(hint)) return;
    const now = Date.now();
    const dueAt = performance.now() + (earliest(hint) > now + SOON_MS ? LATER_MS : 0);
    const earlier = this.#pending ?? { hint: NOTHING, sentAt: now, dueAt };
    // Checked after merging, because that leaves out the targets of a transport that has too many.
    const merged = mergeHints(earlier.hint, hint);
    if (!isHint(merged)) {
      this.#options.observer?.onDropped?.('invalid');
      return;
    }
    this.#pending = {
      hint: merged,
      sentAt: earlier.sentAt,
      dueAt: Math.min(earlier.dueAt, dueAt),
    };
    this.#schedule();
  }

  onHint(listener: HintListener): () => void {
    // Wrapped, so that each subscription is separate, even if the same listener subscribes twice.
    const subscribed: HintListener = (hint) => listener(hint);
    this.#listeners.add(subscribed);
    return () => void this.#listeners.delete(subscribed);
  }

  #schedule(): void {
    const link = this.#kept?.link;
    // Sending over a broken link may never settle, so wait only for a message over the current link.
    if (this.#stopped || !this.#pending || !link || this.#sending?.over === link) return;
    const dueAt = Math.max(this.#pending.dueAt, this.#notBefore);
    if (this.#scheduled && this.#scheduled.dueAt <= dueAt) return;
    this.#scheduled?.cancel();
    const waitMs = Math.ceil(dueAt - performance.now());
    this.#scheduled = { dueAt, cancel: after(waitMs, () => void this.#send()) };
  }

  async #flush(): Promise<void> {
    await this.#sending?.done;
    await this.#send();
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    this.#scheduled = null;
    const link = this.#kept?.link;
    const message = this.#pending;
    if (!link || !message) return;
    this.#pending = null;
    this.#notBefore = performance.now() + MIN_GAP_MS;
    const sending = { over: link, done: this.#sendOver(link, message) };
    this.#sending = sending;
    await sending.done;
    if (this.#sending === sending) this.#sending = null;
    this.#schedule();
  }

  async #sendOver(link: Link, { sentAt, hint }: Pending): Promise<void> {
    const { channel, processId, observer } = this.#options;
    try {
      await link.publish(channel, encodeMessage({ from: processId, sentAt, hint }));
      observer?.onPublished?.();
    } catch (error) {
      observer?.onDropped?.('unsent');
      this.#kept?.giveUp(link, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #receive(text: string): void {
    const { processId, logger, observer } = this.#options;
    const message = decodeMessage(text);
    if (!message) {
      observer?.onDropped?.('garbage');
      return;
    }
    if (message.from === processId) return;
    observer?.onReceived?.(Math.max(0, Date.now() - message.sentAt));
    for (const listener of this.#listeners) {
      try {
        listener(message.hint);
      } catch (error) {
        logger.error('a listener threw while it handled a wake-up hint', { error });
      }
    }
  }
}

/**
 * Calls `run` in a later turn of the event loop, so that all hints of one turn become one message. @returns a function
 * that cancels it.
 */
function after(ms: number, run: () => void): () => void {
  if (ms > 0) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  const immediate = setImmediate(run);
  return () => clearImmediate(immediate);
}
