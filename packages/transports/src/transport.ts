import type { Message, Transport } from '@resonate/protocol';

/** A message on its way to one receiver. */
export interface Outgoing {
  /** As the client wrote it. */
  address: string;
  /** What the address was parsed to (`Address.target`): the row has it. */
  target: string;
  message: Message;
  /** `message` as JSON. */
  body: string;
}

/** The transport itself has no room at the moment: no fault of the receiver's. The message comes again after a short wait. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** One way to deliver messages: a dispatcher pushes through it what it has claimed. */
export interface PushTransport {
  readonly name: Transport;
  /**
   * Resolves when the receiver has the message for certain; rejects when it may not have it, within time-outs of its
   * own. A message that was rejected comes again, so receivers may get it twice (protocol section 6).
   */
  push(outgoing: Outgoing): Promise<void>;
  /** Ends what is under way, whose pushes reject. */
  close(): Promise<void>;
}
