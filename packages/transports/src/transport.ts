import type { Message, Transport } from '@resonate/protocol';

/** A message to send to one receiver. */
export interface Outgoing {
  /** As the client wrote it. */
  address: string;
  /** The target that the address was parsed to (`Address.target`), from the row. */
  target: string;
  message: Message;
  /** `message` as JSON. */
  body: string;
}

/**
 * The transport itself has no room now. This does not count as a failure of the receiver. The message is tried again
 * after a short wait.
 */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** One way to deliver messages. A dispatcher pushes the messages that it has claimed. */
export interface PushTransport {
  readonly name: Transport;
  /**
   * Resolves when the receiver certainly has the message, and rejects when it may not have it, within the transport's
   * timeouts. A rejected message is sent again, so receivers may get it twice (protocol section 6).
   */
  push(outgoing: Outgoing): Promise<void>;
  /** Ends the running pushes, which reject. */
  close(): Promise<void>;
}
