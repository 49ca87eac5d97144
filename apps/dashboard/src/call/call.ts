import { encodeValue, decodeValue, type Value } from '../value/value.ts';

/** A call of a function, as the fields of a form. */
export interface Call {
  func: string;
  /** JSON text of an array. */
  args: string;
  target: string;
  /** Minutes. */
  timeout: string;
}

export const NEW_CALL: Call = { func: '', args: '[]', target: 'poll://any@default', timeout: '60' };

/** The tag with the address of the workers. */
export const TARGET = 'resonate:target';

const MINUTE = 60_000;

/** The arguments; null if they are not a JSON array. */
export function argumentsOf({ args }: Call): unknown[] | null {
  try {
    const value: unknown = JSON.parse(args);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

export function timeoutMs({ timeout }: Call): number {
  return Math.round(Number(timeout) * MINUTE);
}

export function minutesOf(ms: number): string {
  return String(ms / MINUTE);
}

/** The param of a promise that calls the function, as the SDKs write it. */
export function paramOf(call: Call, version = 1): Value {
  return encodeValue(JSON.stringify({ func: call.func, args: argumentsOf(call) ?? [], version }));
}

/** The function, its arguments and its version in a param; undefined if it is not a call. */
export function callIn(param: Value): { func: string; args: unknown[]; version: number } | undefined {
  const decoded = decodeValue(param);
  if (decoded.kind !== 'json' || typeof decoded.json !== 'object' || decoded.json === null) return undefined;
  const { func, args = [], version = 1 } = decoded.json as Record<string, unknown>;
  if (typeof func !== 'string' || !Array.isArray(args) || typeof version !== 'number') return undefined;
  return { func, args, version };
}
