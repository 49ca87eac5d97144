import { checkLinearizability, partitionHistory, type HistoryEvent } from '@resonate/testkit';
import type { Findings } from '../findings.ts';

/** The maximum number of search steps for one history. Usually a search takes about as many steps as there are requests. */
const MAX_STEPS = 500_000;

/** This share of the histories may be too hard to check, because many of their requests had no answer. */
const UNDECIDED_SHARE = 0.05;

/** Checks each history of related ids: its answers must be possible if the requests had arrived one after the other. */
export function checkHistories(events: readonly HistoryEvent[], findings: Findings): void {
  const parts = partitionHistory(events);
  for (const part of parts) {
    const { verdict, explanation } = checkLinearizability(part, {
      now: part[0] ? startOf(part) : 0,
      maxSteps: MAX_STEPS,
    });
    findings.count(`histories ${verdict}`);
    findings.count('histories requests', part.length);
    findings.count('histories without answer', part.filter(({ reply }) => !reply).length);
    if (verdict === 'violation') findings.violation('linearizability', explanation.slice(0, 3_000));
  }
  const [undecided, all] = [findings.counted('histories undecided'), parts.length];
  if (undecided > all * UNDECIDED_SHARE) {
    findings.violation('linearizability', `${undecided} of ${all} histories could not be judged`);
  }
}

/** Any time before the timeouts, which are ten years after the start. */
function startOf(part: readonly HistoryEvent[]): number {
  return performance.timeOrigin + Math.min(...part.map(({ callAt }) => callAt));
}
