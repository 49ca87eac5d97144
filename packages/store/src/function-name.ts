import type { Value } from '@resonate/protocol';
import { dataIn } from './stored-data.ts';

/** How many characters of a param are read to find the function's name, which SDKs put first. */
export const PARAM_HEAD = 1_024;
/** The maximum length of a name in UTF-16 units, because index entries have a size limit. A longer name is cut. */
export const MAX_FUNCTION_NAME = 160;
const NAME = /^\s*\{\s*"func"\s*:\s*("(?:[^"\\]|\\.)*")/;

/**
 * The function that a param of an SDK names: `{ "func": …, "args": … }` as JSON in base64. Undefined for other params. Only
 * the first characters are decoded, however long the param is.
 */
export function functionName({ data }: Value): string | undefined {
  return data === undefined ? undefined : nameIn(Buffer.from(data.slice(0, PARAM_HEAD), 'base64').toString());
}

/** The same, from the first `PARAM_HEAD` characters of a stored param. */
export function functionNameOf(paramHead: string): string | undefined {
  const data = dataIn(paramHead);
  return data === undefined ? undefined : functionName({ data });
}

function nameIn(json: string): string | undefined {
  const quoted = NAME.exec(json)?.[1];
  if (quoted === undefined) return undefined;
  try {
    const name = String(JSON.parse(quoted));
    return name === '' || !isStorable(name) ? undefined : cut(name);
  } catch {
    return undefined;
  }
}

/** Databases refuse a NUL and half a surrogate pair in a text. */
function isStorable(name: string): boolean {
  return name.isWellFormed() && !name.includes('\0');
}

/** Cuts a long name, but never within a character. */
function cut(name: string): string {
  if (name.length <= MAX_FUNCTION_NAME) return name;
  const head = name.slice(0, MAX_FUNCTION_NAME);
  return head.isWellFormed() ? head : head.slice(0, -1);
}
