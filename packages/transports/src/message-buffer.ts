/** The bytes that all connections of a process hold together. */
export class SharedBytes {
  readonly max: number;
  held = 0;

  constructor(max: number) {
    this.max = max;
  }
}

export interface BufferLimits {
  /** Maximum number of messages. */
  messages: number;
  /**
   * Maximum number of bytes. An empty buffer accepts a message of any size, so that no message is too large to be sent.
   */
  bytes: number;
  /** Shared with other buffers. If it holds nothing, it accepts a message of any size, too. */
  total: SharedBytes;
}

/** The assumed size of the first message. Later ones are assumed to be as large as the one before. */
const USUAL_BYTES = 1_024;

/** The messages of one connection that its worker has not received, limited in number and bytes. */
export class MessageBuffer {
  readonly #limits: BufferLimits;
  readonly #roomAgain: () => void;
  #messages = 0;
  #bytes = 0;
  #lastBytes = USUAL_BYTES;
  /** True after a message did not fit into `BufferLimits.bytes`. Nothing more is accepted until a held one is released. */
  #isFull = false;

  constructor(limits: BufferLimits, roomAgain: () => void) {
    this.#limits = limits;
    this.#roomAgain = roomAgain;
  }

  /** How many more messages fit now, if they are as large as the last one. */
  get room(): number {
    if (this.#isFull) return 0;
    const places = this.#limits.messages - this.#messages;
    const free = Math.floor((this.#limits.bytes - this.#bytes) / this.#lastBytes);
    return Math.max(0, Math.min(places, this.#messages === 0 ? Math.max(1, free) : free));
  }

  /** Reserves a place for a message whose size is not known yet. */
  reserve(): void {
    this.#messages++;
  }

  /**
   * Adds the size of a message that has a place. If it does not fit, returns false, and the place must be given back.
   */
  hold(bytes: number): boolean {
    const { bytes: max, total } = this.#limits;
    this.#lastBytes = Math.max(bytes, USUAL_BYTES);
    if (this.#bytes > 0 && this.#bytes + bytes > max) {
      this.#isFull = true;
      return false;
    }
    // The second half of the shared bytes is reserved for connections that hold nothing, so that stalled connections
    // leave room for others.
    const share = this.#bytes === 0 ? total.max : total.max / 2;
    if (total.held > 0 && total.held + bytes > share) return false;
    this.#bytes += bytes;
    total.held += bytes;
    return true;
  }

  /** Gives back the places of `messages`, and the bytes that they held together. */
  release(messages: number, bytes: number): void {
    const wasFull = this.room === 0;
    this.#messages -= messages;
    this.#bytes -= bytes;
    this.#limits.total.held -= bytes;
    if (bytes > 0) this.#isFull = false;
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- the lines above change it
    if (wasFull && this.room > 0) this.#roomAgain();
  }
}
