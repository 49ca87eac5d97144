/** A multiplier that spreads numbers evenly over 32 bits. */
const GOLDEN = 2_654_435_761;

/** `9e3779b1.1`: ids whose order is unrelated to the order of creation, evenly spread over eight hexadecimal digits. */
export function scatteredId(n: number): string {
  return `${(Math.imul(n, GOLDEN) >>> 0).toString(16).padStart(8, '0')}.${n}`;
}
