import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '@resonate/store';

/** The store counts as busy while more requests than this wait for it. */
const BUSY = 16;
const BUSY_PAUSE_MS = 100;
/** A job continues after this time, even if the store stays busy. */
const MAX_BUSY_MS = 5_000;

/** The share of time that retention uses while it keeps up. */
const USUAL_SHARE = 0.1;
/** Retention speeds up when its lag exceeds this many intervals. While it keeps up, it lags by about one interval. */
const CALM_INTERVALS = 2;
/** At a lag of this many intervals, retention uses its largest share of time. */
const URGENT_INTERVALS = 10;
/** A step counts as at least this long, so that many short steps still leave pauses between them. */
const MIN_STEP_MS = 5;

/**
 * The share of time that retention may spend in the database: more than 0, at most `maxShare`. It grows with the lag.
 * @param lagMs how long the oldest promise that has not been checked has been due.
 * @param intervalMs the time between two runs.
 */
export function timeShareOf(lagMs: number, intervalMs: number, maxShare: number): number {
  const usual = Math.min(USUAL_SHARE, maxShare);
  const urgency = (lagMs / intervalMs - CALM_INTERVALS) / (URGENT_INTERVALS - CALM_INTERVALS);
  return usual + (maxShare - usual) * Math.min(1, Math.max(0, urgency));
}

/** How long to pause after a step that took `stepMs`, so that steps take at most `share` of the time. */
export function pauseAfter(stepMs: number, share: number): number {
  return (Math.max(MIN_STEP_MS, stepMs) * (1 - share)) / share;
}

/** Waits while requests queue up in this process, at most `maxMs`. */
export async function untilQuiet(
  store: Pick<Store, 'waiting'>,
  signal: AbortSignal,
  maxMs = MAX_BUSY_MS,
): Promise<void> {
  const giveUpAt = performance.now() + Math.min(maxMs, MAX_BUSY_MS);
  while (store.waiting > BUSY && !signal.aborted) {
    const leftMs = giveUpAt - performance.now();
    if (leftMs <= 0) return;
    await pause(Math.min(BUSY_PAUSE_MS, leftMs), signal);
  }
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
