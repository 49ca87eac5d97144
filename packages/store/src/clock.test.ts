import { describe, expect, test } from '@jest/globals';
import { StoreClock } from './clock.ts';

/** A clock of this machine that is `behindMs` behind the database's, and a database whose answers take `tookMs`. */
function clocks(behindMs: number) {
  const times = { here: 1_000_000, tookMs: 0, answeredAfterMs: 0 };
  const clock = new StoreClock(
    {
      now: () => {
        const now = times.here + times.answeredAfterMs + behindMs;
        times.here += times.tookMs;
        return Promise.resolve(now);
      },
    },
    () => times.here,
  );
  return { clock, times };
}

describe("the database's clock", () => {
  test.each([0, 5_000, -5_000])('is known after it was read, if this machine is %i ms behind it', async (behindMs) => {
    const { clock, times } = clocks(behindMs);
    await clock.read();
    expect(clock.now()).toBe(times.here + behindMs);
  });

  test('does not change because an answer took long, whenever the clock was read meanwhile', async () => {
    const { clock, times } = clocks(5_000);
    await clock.read();
    for (const answeredAfterMs of [0, 1_000, 2_000]) {
      Object.assign(times, { tookMs: 2_000, answeredAfterMs });
      await clock.read();
      expect(clock.now()).toBe(times.here + 5_000);
    }
  });

  test('is followed when it jumps', async () => {
    const { clock, times } = clocks(5_000);
    await clock.read();
    times.here -= 3_600_000;
    const now = await clock.read();
    expect(clock.now()).toBe(now);
  });
});
