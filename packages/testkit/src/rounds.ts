/**
 * How often a random test repeats: `usual` times in CI, `thorough` times with `npm run test:thorough`. Rounds cost CI minutes,
 * and a fault that a random test can find at all mostly shows in the first rounds, or in the next run's.
 */
export function rounds(usual: number, thorough: number): number {
  return process.env['TEST_THOROUGH'] ? thorough : usual;
}

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Variants of a test that differ little. In CI it takes `count` of them, chosen by TEST_SEED or else by chance, so that a few
 * runs take all of them. Tests have the variant in their names. `npm run test:thorough` takes all.
 */
export function someOf<Variant>(variants: readonly Variant[], count: number): Variant[] {
  const first = SEED % variants.length;
  return [...variants.slice(first), ...variants.slice(0, first)].slice(0, rounds(count, variants.length));
}
