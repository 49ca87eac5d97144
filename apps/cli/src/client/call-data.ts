import { decodedText } from '@resonate/protocol/sdk-error';
import { base64 } from './arguments.ts';

/** A call of a function of a worker. */
export interface Call {
  id: string;
  func: string;
  args: readonly unknown[];
  version: number;
  /** Address of the workers. */
  target: string;
  timeoutMs: number;
  /** Time until it starts. The time limit starts after it. */
  delayMs: number;
}

/** The data of `promise.create` for a call. Its param has the form of the SDKs. */
export function callData({ id, func, args, version, target, timeoutMs, delayMs }: Call) {
  const startsAt = Date.now() + delayMs;
  return {
    id,
    timeoutAt: startsAt + timeoutMs,
    param: { headers: {}, data: base64({ func, args, version }) },
    tags: { 'resonate:target': target, ...(delayMs > 0 ? { 'resonate:delay': String(startsAt) } : {}) },
  };
}

/** The function that a promise calls, from its param; '' if it calls none. @param data as stored, mostly base64 */
export function functionIn(data: string | undefined): string {
  try {
    const { func } = JSON.parse(decodedText(data ?? '')) as { func?: unknown };
    return typeof func === 'string' ? func : '';
  } catch {
    return '';
  }
}
