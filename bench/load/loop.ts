import type { Latencies } from './latencies.ts';

export interface LoopResult {
  latencies: Latencies;
  elapsedMs: number;
}

/** A round that takes longer than this is considered stuck. Workflows of 1,000 steps take the longest. */
const STUCK_AFTER_MS = 120_000;

/** Waits for the end of a loop of `durationMs`. @throws if `what` is stuck. */
export async function finished(what: string, ended: Promise<unknown>, durationMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const withinMs = durationMs + STUCK_AFTER_MS;
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no end within ${withinMs} ms`)), withinMs);
  });
  try {
    await Promise.race([stuck, ended]);
  } finally {
    clearTimeout(timer);
  }
}
