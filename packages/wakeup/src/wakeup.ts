import type { Service } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import type { Hint } from './hint.ts';
import type { NewPostgresClient } from './postgres.ts';

export type HintListener = (hint: Hint) => void;

/**
 * Tells the other processes that a commit made something due. Hints may be lost, repeated or late, so no process may
 * depend on them. While the channel is down, processes notice each other's work when they poll. The channel reconnects
 * by itself.
 */
export interface Wakeup extends Service {
  /**
   * Never throws, never waits. The hint is sent at once if something is due within a second, otherwise within 50 ms.
   * Hints that are published while a message is being sent, or within 5 ms of the last one, are sent together.
   */
  publish(hint: Hint): void;
  /** Calls the listener with the hints of other processes. @returns a function that unsubscribes. */
  onHint(listener: HintListener): () => void;
}

/** `invalid`: not a hint, so not published. `unsent`: sending failed. `garbage`: received but not understood. */
export type DropReason = 'invalid' | 'unsent' | 'garbage';

/** Events of the channel, for metrics. */
export interface WakeupObserver {
  /** The server has accepted a message, which may contain many hints. */
  onPublished?(): void;
  /**
   * Milliseconds since the oldest hint in the message was published. Clock differences between the processes distort
   * it.
   */
  onReceived?(latencyMs: number): void;
  onDropped?(reason: DropReason): void;
  /** Called when the channel starts working and when it stops working. Initially it does not work. */
  onConnected?(connected: boolean): void;
}

export interface WakeupOptions {
  /** `none`: no hints are sent. */
  type: 'none' | 'postgres' | 'redis';
  /** The URL of the server. null for `none`, and if `newPostgresClient` is given, which knows the server. */
  url: string | null;
  newPostgresClient?: NewPostgresClient;
  /** Unique among the processes on the channel. A process ignores its own messages. */
  processId: string;
  logger: Logger;
  /** Processes on different channels do not receive each other's hints (default: `resonate_wakeup`). */
  channel?: string;
  observer?: WakeupObserver;
}
