import type { PromiseRecord } from '@resonate/protocol';
import { decoded } from './answer.ts';

/** How a promise failed, as the rest of a sentence. */
export const OUTCOMES: Readonly<Record<string, string>> = {
  rejected: 'failed',
  rejected_canceled: 'was canceled',
  rejected_timedout: 'timed out',
};

/** The error in the value of a rejected promise, as SDKs store it, or else the whole value; '' without a value. */
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
