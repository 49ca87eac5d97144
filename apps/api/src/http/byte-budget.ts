import { HEAP_SHARE_BYTES } from '@resonate/store';

/** Smaller answers fit into what the operating system buffers for a connection. */
export const SMALL_ANSWER_BYTES = 16 * 1024;

/** For answers that clients have not read yet: `server.max_unread_answers`, and no more than an eighth of the heap. */
export function unreadBudget(maxBytes: number): ByteBudget {
  return new ByteBudget(Math.min(maxBytes, HEAP_SHARE_BYTES));
}

interface Entry {
  bytes: number;
  evict: () => void;
}

/** Bytes that something holds. Release it once, whether or not it was evicted. */
export interface Holding {
  /** May evict, also the holder itself. */
  add(bytes: number): void;
  release(): void;
}

/**
 * Bounds what many clients hold together. When it is full, the oldest holder is evicted: a client that works holds
 * bytes for milliseconds, so the oldest one is stuck or hostile. Refusing newcomers would let a few such clients shut
 * out all others.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  /** In the order in which they began. */
  readonly #entries = new Set<Entry>();
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @param evict makes the holder let go of its bytes; called once at most. */
  hold(bytes: number, evict: () => void): Holding {
    const entry = { bytes: 0, evict };
    this.#entries.add(entry);
    const holding = {
      add: (more: number) => {
        if (!this.#entries.has(entry)) return;
        entry.bytes += more;
        this.#held += more;
        this.#evictOldest();
      },
      release: () => this.#remove(entry),
    };
    holding.add(bytes);
    return holding;
  }

  #evictOldest(): void {
    for (const entry of this.#entries) {
      if (this.#held <= this.#maxBytes) return;
      this.#remove(entry);
      entry.evict();
    }
  }

  #remove(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#held -= entry.bytes;
  }
}
