import { ClientError } from './http.ts';

/** The strings and numbers of a JSON text. Strings are matched so that digits in them are skipped. */
const STRINGS_AND_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** All integers with fewer digits are exact. */
const MIN_DIGITS = 16;
const INTEGER = /^-?\d+$/;
/** How much of a number an error message shows. */
const MAX_SHOWN = 80;

/**
 * Parses JSON. An integer that JavaScript would round is refused, because the server would store another number.
 * @param name the option that contains the text. @throws SyntaxError if it is not JSON. @throws ClientError
 */
export function parseExactJson(text: string, name: string): unknown {
  const value: unknown = JSON.parse(text);
  for (const [token] of text.matchAll(STRINGS_AND_NUMBERS)) {
    if (isExact(token)) continue;
    const shown = token.length > MAX_SHOWN ? `${token.slice(0, MAX_SHOWN)}…` : token;
    throw new ClientError(`${name}: ${shown} cannot be sent exactly as a JSON number; send it as a string`);
  }
  return value;
}

function isExact(token: string): boolean {
  if (token.length < MIN_DIGITS || !INTEGER.test(token)) return true;
  const number = Number(token);
  return Number.isFinite(number) && BigInt(token) === BigInt(number);
}
