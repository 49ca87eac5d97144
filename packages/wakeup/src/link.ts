/** What a kind of channel must offer: pub/sub over connections that are used once and never come back by themselves. */
export interface Link {
  /** Connects and subscribes. */
  open(): Promise<void>;
  /** Resolves when the server has taken the message; may never settle when the server hangs. */
  publish(topic: string, text: string): Promise<void>;
  /** Resolves when no socket is left, within a second or so whatever the server does. Never rejects. */
  close(): Promise<void>;
}

export interface LinkEvents {
  message(topic: string, text: string): void;
  /** The link is of no use any more. May come several times, and after `close`. */
  lost(error: Error): void;
}

export interface LinkOptions {
  url: string;
  /** By which the server's operator knows the connections. */
  name: string;
  topics: readonly string[];
  events: LinkEvents;
}

export type CreateLink = (options: LinkOptions) => Link;
