/** When there are this many chunks, they are joined. Many small chunks take far more memory than their bytes. */
const MAX_CHUNKS = 1_024;

/**
 * The output of a stream, limited in bytes. If the output is longer, `tail` keeps its end, and `head` drops what
 * exceeds the limit.
 */
export class BoundedOutput {
  readonly #max: number;
  readonly #keep: 'head' | 'tail';
  #chunks: Buffer[] = [];
  #length = 0;
  #overflowed = false;

  constructor(max: number, keep: 'head' | 'tail') {
    this.#max = max;
    this.#keep = keep;
  }

  /** Whether the output exceeded the limit. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  add(chunk: Buffer): void {
    const exceeds = this.#length + chunk.length > this.#max;
    if (exceeds) this.#overflowed = true;
    if (exceeds && this.#keep === 'head') return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#chunks.length >= MAX_CHUNKS || this.#length > 2 * this.#max) this.#compact();
  }

  /** As UTF-8. Invalid bytes become U+FFFD. */
  text(): string {
    this.#compact();
    const text = this.#chunks[0]?.toString('utf8') ?? '';
    return this.#overflowed ? `[the last ${this.#max} bytes]\n${text}` : text;
  }

  #compact(): void {
    this.#chunks = [Buffer.from(Buffer.concat(this.#chunks).subarray(-this.#max))];
    this.#length = this.#chunks[0]?.length ?? 0;
  }
}
