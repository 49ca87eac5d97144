import { messageOf } from '@resonate/delivery';
import type { Message } from '@resonate/protocol';
import type { Delivery } from '@resonate/store';

/** A message and its text as JSON. */
export interface MessageText {
  message: Message;
  body: string;
  /** The size of the text. */
  bytes: number;
}

/**
 * Makes messages and their texts. A settled promise may have thousands of listeners, and all get the same text. It is
 * made once for all listeners that are told in one turn of the event loop, because a large one takes milliseconds. It is
 * not kept longer: the store remembers rows, and its memory does not count texts.
 */
export class MessageTexts {
  readonly #unblocks = new Map<object, MessageText>();

  /** @param serverUrl how workers reach this server. */
  of(delivery: Delivery, serverUrl: string): MessageText {
    if (delivery.kind === 'execute') return textOf(messageOf(delivery, serverUrl));
    const known = this.#unblocks.get(delivery.promise);
    if (known) return known;
    const made = textOf(messageOf(delivery, serverUrl));
    if (this.#unblocks.size === 0) setImmediate(() => this.#unblocks.clear());
    this.#unblocks.set(delivery.promise, made);
    return made;
  }
}

function textOf(message: Message): MessageText {
  const body = JSON.stringify(message);
  return { message, body, bytes: Buffer.byteLength(body) };
}
