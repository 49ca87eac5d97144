import { Latencies } from './latencies.ts';
import type { Round } from './scenario.ts';

/** A round that takes longer than this will never end. */
const STUCK_AFTER_MS = 30_000;

export interface LoopResult {
  latencies: Latencies;
  elapsedMs: number;
}

/** Every caller starts its next round as soon as the last one ended, for `durationMs`; rounds under way are finished. */
export async function closedLoop(rounds: Round[], durationMs: number): Promise<LoopResult> {
  const latencies = new Latencies();
  const startedAt = performance.now();
  const endAt = startedAt + durationMs;
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a round did not end')), durationMs + STUCK_AFTER_MS);
  });
  try {
    await Promise.race([stuck, Promise.all(rounds.map((round) => repeat(round, endAt, latencies)))]);
  } finally {
    clearTimeout(timer);
  }
  return { latencies, elapsedMs: performance.now() - startedAt };
}

async function repeat(round: Round, endAt: number, latencies: Latencies): Promise<void> {
  while (performance.now() < endAt) latencies.record(await round());
}
