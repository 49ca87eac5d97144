import { setTimeout as pause } from 'node:timers/promises';
import type { Runtime } from '@resonate/process';

/** More than so many requests that wait for the store: it is busy. */
const BUSY = 16;
const BUSY_PAUSE_MS = 100;
/** A store that is always busy must not keep a job from its work for ever. */
const MAX_BUSY_MS = 5_000;

/** Waits while requests queue up in this process. */
export async function untilQuiet(store: Pick<Runtime['store'], 'waiting'>, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + MAX_BUSY_MS;
  while (store.waiting > BUSY && performance.now() < giveUpAt && !signal.aborted) await rest(BUSY_PAUSE_MS, signal);
}

/** Ends early with the signal. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
}
