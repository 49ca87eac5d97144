/**
 * How often a random test repeats: `usual` times in CI, `thorough` times with `npm run test:thorough`. Few rounds are
 * enough in CI, because each run has new random values, and many rounds take minutes.
 */
export function rounds(usual: number, thorough: number): number {
  return process.env['TEST_THOROUGH'] ? thorough : usual;
}

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Variants of a test that differ little. CI runs `count` of them, chosen by TEST_SEED or else at random, so that a few
 * runs cover all of them. Put the variant into the name of the test. `npm run test:thorough` runs all.
 */
export function someOf<Variant>(variants: readonly Variant[], count: number): Variant[] {
  const first = SEED % variants.length;
  return [...variants.slice(first), ...variants.slice(0, first)].slice(0, rounds(count, variants.length));
}
