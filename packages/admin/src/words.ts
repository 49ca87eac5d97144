import type { PromiseState } from '@resonate/protocol/records';

/** Words that the server's sentences and the commands share. */

/** What happened to a promise: `ID timed out`. */
export const STATE_VERBS: Readonly<Record<PromiseState, string>> = {
  pending: 'is pending',
  resolved: 'resolved',
  rejected: 'failed',
  rejected_canceled: 'was canceled',
  rejected_timedout: 'timed out',
};

/** A duration for people: `250 ms`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
