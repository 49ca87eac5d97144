import { Latencies } from './latencies.ts';
import { finished, type LoopResult } from './loop.ts';
import type { Round } from './scenario.ts';

/**
 * Rounds become due at a fixed rate, no matter how long earlier ones take. Each latency counts from the time when its
 * round was due. So if the server stalls, the latencies include everything that had to wait. They also include the
 * resolution of timers, 1 ms. At most `rounds.length` rounds run at the same time.
 */
export async function openLoop(
  rounds: Round[],
  perSecond: number,
  durationMs: number,
  latencies = new Latencies(),
): Promise<LoopResult> {
  const everyMs = 1_000 / perSecond;
  const total = Math.max(1, Math.floor(durationMs / everyMs));
  const startedAt = performance.now();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const idle = [...rounds];
  let begun = 0;
  let done = 0;
  let timer: NodeJS.Timeout | undefined;

  const beginDue = () => {
    clearTimeout(timer);
    const due = Math.min(total, Math.floor((performance.now() - startedAt) / everyMs) + 1);
    while (begun < due) {
      // The one that has been idle for longest, so that the server closes no connection that was idle for too long.
      const round = idle.shift();
      if (!round) return; // The next round that ends starts the waiting one.
      measure(round, startedAt + begun++ * everyMs).catch(reject);
    }
    if (begun < total) timer = setTimeout(beginDue, Math.max(0, startedAt + begun * everyMs - performance.now()));
  };
  const measure = async (round: Round, dueAt: number) => {
    latencies.record((await round()) - dueAt);
    idle.push(round);
    if (++done === total) resolve();
    else beginDue();
  };
  beginDue();
  try {
    await finished('a round of the open loop', ended, durationMs);
  } finally {
    clearTimeout(timer);
  }
  return { latencies, elapsedMs: performance.now() - startedAt };
}
