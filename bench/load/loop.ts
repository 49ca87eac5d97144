import type { Latencies } from './latencies.ts';

export interface LoopResult {
  latencies: Latencies;
  elapsedMs: number;
}

/** A round that takes longer than this will never end. */
const STUCK_AFTER_MS = 30_000;

/** Awaits the end of a loop of `durationMs`; throws when a round got stuck. */
export async function finished(ended: Promise<unknown>, durationMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a round did not end')), durationMs + STUCK_AFTER_MS);
  });
  try {
    await Promise.race([stuck, ended]);
  } finally {
    clearTimeout(timer);
  }
}
