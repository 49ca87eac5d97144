/** One target may hold this share of the bytes that the other targets leave. */
const SHARE = 1 / 4;
/** Targets that have not proven to work leave this share of all bytes to the others. */
const RESERVED = 1 / 4;

/** Whether a claim may take another message of this size for the target. If so, it counts as taken. */
export type Admission = (target: string, bytes: number) => boolean;

/**
 * Divides a number of bytes among the targets that messages are being sent to. A target that hangs keeps its bytes until
 * its deliveries time out, so one target gets only a part of what the others leave. Then several targets that hang still
 * leave room for others. A target may exceed its share by one message, so that no message is too large to be sent.
 */
export class TargetBytes {
  readonly #total: number;
  readonly #held = new Map<string, number>();
  #heldTogether = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** How many bytes no target holds. */
  get left(): number {
    return Math.max(0, this.#total - this.#heldTogether);
  }

  /** @param isProven whether the last delivery to the target succeeded. */
  admission(isProven: (target: string) => boolean): Admission {
    const taken = new Map<string, number>();
    let takenTogether = 0;
    return (target, bytes) => {
      const ofThisClaim = taken.get(target) ?? 0;
      const own = (this.#held.get(target) ?? 0) + ofThisClaim;
      const others = this.#heldTogether + takenTogether - own;
      const open = isProven(target) ? this.#total : this.#total * (1 - RESERVED);
      if (own >= (open - others) * SHARE) return false;
      taken.set(target, ofThisClaim + bytes);
      takenTogether += bytes;
      return true;
    };
  }

  hold(target: string, bytes: number): void {
    this.#heldTogether += bytes;
    if (bytes > 0) this.#held.set(target, (this.#held.get(target) ?? 0) + bytes);
  }

  release(target: string, bytes: number): void {
    this.#heldTogether -= bytes;
    const left = (this.#held.get(target) ?? 0) - bytes;
    if (left > 0) this.#held.set(target, left);
    else this.#held.delete(target);
  }
}
