import { PROMISE_STATES, TASK_STATES } from '@resonate/protocol';

/** How a value that a driver hands over becomes one of ours: the only place that looks into what it is. */

export const text = (value: unknown): string => (typeof value === 'string' ? value : String(value));
export const int = (value: unknown): number => (typeof value === 'number' ? value : Number(value));
export const textOrNull = (value: unknown): string | null => (value === null ? null : text(value));
export const intOrNull = (value: unknown): number | null => (value === null ? null : int(value));
export const flag = (value: unknown): boolean => int(value) === 1;

/** JSON that this program wrote, so it has the type that was written. */
export function json<T>(value: unknown): T {
  return JSON.parse(text(value)) as T;
}

/** One of a list of texts. @throws when the database has another one: a newer program wrote it, or a person. */
export function oneOf<T extends string>(known: readonly T[]): (value: unknown) => T {
  const byText = new Map<unknown, T>(known.map((each) => [each, each]));
  return (value) => {
    const found = byText.get(value);
    if (found === undefined) throw new Error(`the database holds ${JSON.stringify(value)}, not ${known.join(', ')}`);
    return found;
  };
}

export const promiseState = oneOf(PROMISE_STATES);
export const taskState = oneOf(TASK_STATES);
