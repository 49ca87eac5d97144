import { HEAP_SHARE_BYTES } from '@resonate/store';

/**
 * Answers up to this size are not counted if their connection holds nothing else, because they fit into its send buffer.
 */
export const SMALL_ANSWER_BYTES = 16 * 1024;

/**
 * The budget for answers that clients have not read yet: `server.max_unread_answers`, but at most an eighth of the
 * heap.
 */
export function unreadBudget(maxBytes: number): ByteBudget {
  return new ByteBudget(Math.min(maxBytes, HEAP_SHARE_BYTES));
}

interface Entry {
  bytes: number;
  evict: () => void;
}

/** The bytes of one holder. The holder must release them once, even if it was evicted. */
export interface Holding {
  /** May evict holders, including this one. */
  add(bytes: number): void;
  release(): void;
}

/**
 * Limits the bytes that many clients hold in total. When the limit is exceeded, the oldest holder is evicted. A healthy
 * client holds bytes for milliseconds, so the oldest one is stuck or hostile. If new clients were refused instead, a
 * few such clients could block all others.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  /** In the order in which they began. */
  readonly #entries = new Set<Entry>();
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @param evict makes the holder give up its bytes; called at most once. */
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
