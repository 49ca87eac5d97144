import { checkLinearizability, partitionHistory, type HistoryEvent } from '@resonate/testkit';
import type { Findings } from '../findings.ts';

/** Steps of the search in one history; one of 500 requests takes about as many as it has requests. */
const MAX_STEPS = 500_000;

/** Of all histories: so few may be too hard to judge, as many requests in them had no answer. */
const UNDECIDED_SHARE = 0.05;

/** Each history about ids that have to do with each other must look as if its requests had come one after the other. */
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

/** Any time before every timeout will do: those are ten years from the beginning. */
function startOf(part: readonly HistoryEvent[]): number {
  return performance.timeOrigin + Math.min(...part.map(({ callAt }) => callAt));
}
