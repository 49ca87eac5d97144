import { PROMISE_STATES, TASK_STATES } from '@resonate/protocol';

/** Converts values of database drivers. Drivers differ in the types that they return, and no other file checks these. */

export const text = (value: unknown): string => (typeof value === 'string' ? value : String(value));
export const int = (value: unknown): number => (typeof value === 'number' ? value : Number(value));
export const textOrNull = (value: unknown): string | null => (value === null ? null : text(value));
export const intOrNull = (value: unknown): number | null => (value === null ? null : int(value));
export const flag = (value: unknown): boolean => int(value) === 1;

/** Reads JSON that this program has written, so its type is known. */
export function json<T>(value: unknown): T {
  return JSON.parse(text(value)) as T;
}

/** Reads one of a list of texts. @throws if it is another text, which a newer program or a person has written. */
export function oneOf<T extends string>(known: readonly T[]): (value: unknown) => T {
  const byText = new Map<unknown, T>(known.map((each) => [each, each]));
  return (value) => {
    const found = byText.get(value);
    if (found === undefined)
      throw new Error(`unknown value ${JSON.stringify(value)} in the database; known are ${known.join(', ')}`);
    return found;
  };
}

export const promiseState = oneOf(PROMISE_STATES);
export const taskState = oneOf(TASK_STATES);
