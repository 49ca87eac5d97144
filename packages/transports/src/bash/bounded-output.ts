/** Beyond this number, chunks are joined, because many small chunks take far more memory than their bytes. */
const MAX_CHUNKS = 1_024;

/** The output of a stream, up to a number of bytes. If there is more, it keeps nothing (`head`) or the end (`tail`). */
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

  /** Whether there was more than it may keep. */
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
