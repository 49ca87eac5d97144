import type { PromiseRecord } from '@resonate/protocol';
import { decoded } from './answer.ts';

/** The end of a sentence that says how a promise failed. */
export const OUTCOMES: Readonly<Record<string, string>> = {
  rejected: 'failed',
  rejected_canceled: 'was canceled',
  rejected_timedout: 'timed out',
};

/**
 * The error that an SDK stored in the value of a rejected promise. If there is none, the whole value; '' without a
 * value.
 */
export function errorOf({ value }: Pick<PromiseRecord, 'value'>): string {
  const text = value.data === undefined ? '' : decoded(value.data);
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'string') return parsed;
    const { message } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
