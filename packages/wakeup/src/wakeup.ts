import type { Service } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import type { Hint } from './hint.ts';

export type HintListener = (hint: Hint) => void;

/**
 * Tells the other processes that a commit made something due. Hints get lost, doubled and late, so nobody may depend on
 * them; a channel that is down costs nothing but the time until the next poll, and comes back by itself.
 */
export interface Wakeup extends Service {
  /**
   * Never throws, never waits. Goes out at once if something is due within a second, else within 50 ms; what is published
   * while a message is under way, or within 5 ms of the last one, goes out as one.
   */
  publish(hint: Hint): void;
  /** Hears the hints of other processes, not this one's. @returns how to unsubscribe. */
  onHint(listener: HintListener): () => void;
}

/** `invalid`: not a hint, so not published. `unsent`: lost on the way out. `garbage`: not understood on receipt. */
export type DropReason = 'invalid' | 'unsent' | 'garbage';

/** What happens on the channel, to be measured. */
export interface WakeupObserver {
  /** The server has taken a message (which may hold many hints). */
  onPublished?(): void;
  /** Milliseconds since the oldest hint in it was published, as far as the two clocks agree. */
  onReceived?(latencyMs: number): void;
  onDropped?(reason: DropReason): void;
  /** Whether messages flow, when that changes. At first they don't. */
  onConnected?(connected: boolean): void;
}

export interface WakeupOptions {
  /** `none`: nobody is told. */
  type: 'none' | 'postgres' | 'redis';
  /** Of the server; null for `none`. */
  url: string | null;
  /** Unique among the processes on the channel: a process ignores what it sent itself. */
  processId: string;
  logger: Logger;
  /** Processes with different channels don't hear each other (default: `resonate_wakeup`). */
  channel?: string;
  observer?: WakeupObserver;
}
