import { Latencies } from './latencies.ts';
import { finished, type LoopResult } from './loop.ts';
import type { Round } from './scenario.ts';

/** Each caller starts its next round when the last one has ended, for `durationMs`. Running rounds are finished. */
export async function closedLoop(rounds: Round[], durationMs: number): Promise<LoopResult> {
  const latencies = new Latencies();
  const startedAt = performance.now();
  const endAt = startedAt + durationMs;
  const ended = Promise.all(rounds.map((round) => repeat(round, endAt, latencies)));
  await finished('a round of the closed loop', ended, durationMs);
  return { latencies, elapsedMs: performance.now() - startedAt };
}

async function repeat(round: Round, endAt: number, latencies: Latencies): Promise<void> {
  for (let startedAt = performance.now(); startedAt < endAt; startedAt = performance.now()) {
    latencies.record((await round()) - startedAt);
  }
}
