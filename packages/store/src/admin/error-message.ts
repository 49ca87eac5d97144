import { errorIn, unescaped } from '@resonate/protocol/sdk-error';

/** How many characters of a stored value are read to find the error's message, which SDKs put first. */
export const VALUE_HEAD = 4_096;
const MAX_MESSAGE = 300;
const DATA = /"data":"((?:[^"\\]|\\.)*)/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The error in the value of a rejected promise as one line (`errorIn`). Undefined if there is none.
 * @param valueHead the first characters of the stored value.
 */
export function errorMessageOf(valueHead: string): string | undefined {
  const data = unescaped(DATA.exec(valueHead)?.[1] ?? '');
  if (data === '') return undefined;
  const text = BASE64.test(data) ? Buffer.from(data, 'base64').toString() : data;
  // A word may be valid base64, too, but then its bytes are not text.
  const readable = /[\ufffd\0]/.test(text.slice(0, -1)) ? data : text.replace(/\ufffd$/, '');
  const line = errorIn(readable).replaceAll(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1).toWellFormed()}…` : line;
}
