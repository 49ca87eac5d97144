/**
 * The interface of a channel's driver: pub/sub over connections that do not reconnect by themselves. A link is opened
 * once.
 */
export interface Link {
  /** Connects and subscribes. */
  open(): Promise<void>;
  /** Resolves when the server has accepted the message. If the server hangs, it may never settle. */
  publish(topic: string, text: string): Promise<void>;
  /** Resolves when all sockets are closed, within about a second even if the server hangs. Never rejects. */
  close(): Promise<void>;
}

export interface LinkEvents {
  message(topic: string, text: string): void;
  /** The link no longer works. May be called several times, and after `close`. */
  lost(error: Error): void;
}

export interface LinkOptions {
  url: string;
  /** The name of the connections, which the operator of the pub/sub server sees. */
  name: string;
  topics: readonly string[];
  events: LinkEvents;
}

export type CreateLink = (options: LinkOptions) => Link;
