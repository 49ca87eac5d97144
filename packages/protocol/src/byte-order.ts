/**
 * Compares two texts in the order that searches use on every store (protocol section 3): the order of their UTF-8
 * bytes. JavaScript's own order differs for characters beyond U+FFFF.
 */
export function byteOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
