/**
 * How often a random test repeats: `usual` times in CI, `thorough` times with `npm run test:thorough`. Rounds cost CI minutes,
 * and a fault that a random test can find at all mostly shows in the first rounds, or in the next run's.
 */
export function rounds(usual: number, thorough: number): number {
  return process.env['TEST_THOROUGH'] ? thorough : usual;
}
