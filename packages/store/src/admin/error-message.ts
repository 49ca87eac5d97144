import { decodedText, errorIn, unescaped } from '@resonate/protocol/sdk-error';
import { dataIn } from '../stored-data.ts';

/** How many characters of a stored value are read to find the error's message, which SDKs put first. */
export const VALUE_HEAD = 4_096;
const MAX_MESSAGE = 300;

/**
 * The error in the value of a rejected promise as one line (`errorIn`). Undefined if there is none.
 * @param valueHead the first characters of the stored value.
 */
export function errorMessageOf(valueHead: string): string | undefined {
  const data = unescaped(dataIn(valueHead) ?? '');
  const line = errorIn(decodedText(data, true)).replaceAll(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1).toWellFormed()}…` : line;
}
