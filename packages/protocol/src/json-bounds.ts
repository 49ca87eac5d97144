/**
 * Checks the text of a JSON body before it is parsed. `JSON.parse` has no limits: 10 MB of `[],[],` or of object keys
 * block the event loop for seconds. One pass over the bytes finds bodies that are expensive to parse.
 */

/** Deeper than any real request, and low enough that recursive code does not overflow the stack. */
export const MAX_DEPTH = 64;
/** An object with more keys than this becomes a slow dictionary. */
export const MAX_KEYS = 10_000;
/** A body may have this many values, and one more per `BYTES_PER_VALUE` bytes. Real requests have fewer. */
const MIN_VALUES = 100_000;
const BYTES_PER_VALUE = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LETTER_U = 0x75;

/**
 * For each open array or object: the number of its commas so far, or -1 for an array, whose items are not keys. All
 * calls share it: they are synchronous, so no two run at the same time.
 */
const commas = new Int32Array(MAX_DEPTH + 1);

/**
 * @param body UTF-8 bytes that should be JSON. Errors in the JSON itself are left to the parser.
 * @returns what is wrong with the body, to be appended to "Invalid request: "; null if it may be parsed.
 */
export function boundsError(body: Uint8Array): string | null {
  const maxValues = MIN_VALUES + body.length / BYTES_PER_VALUE;
  commas[0] = 0;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = endOfString(body, at + 1);
      if (end < 0) return 'the body has a lone surrogate in a string';
      at = end;
    } else if (byte === COMMA) {
      values++;
      const before = commas[depth] ?? 0;
      if (before >= MAX_KEYS - 1) return `an object in the body has more than ${MAX_KEYS} keys`;
      if (before >= 0) commas[depth] = before + 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      values++;
      if (++depth > MAX_DEPTH) return `the body is nested deeper than ${MAX_DEPTH} levels`;
      commas[depth] = byte === OPEN_OBJECT ? 0 : -1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth > 0) depth--;
    }
    if (values > maxValues) return 'the body has too many values for its size';
  }
  return null;
}

/**
 * @param at index of the first byte after the opening quote.
 * @returns the index of the closing quote, the body's length if there is none, or -1 if the string has an unpaired
 * surrogate. As the body is UTF-8, that can only be an escape. Such a string is not valid Unicode, so no store could
 * return it.
 */
function endOfString(body: Uint8Array, at: number): number {
  for (; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH) continue;
    at++;
    const half = surrogateAt(body, at);
    if (half === null) continue;
    if (half === 'low' || body[at + 5] !== BACKSLASH || surrogateAt(body, at + 6) !== 'low') return -1;
    // Skip the whole pair, such as `uD83D\uDE00`, which begins at `at`.
    at += 10;
  }
  return at;
}

/** Which half of a surrogate pair the escape `uXXXX` is; null for any other escape. */
function surrogateAt(body: Uint8Array, at: number): 'high' | 'low' | null {
  if (body[at] !== LETTER_U || ((body[at + 1] ?? 0) | 0x20) !== 0x64) return null;
  const digit = (body[at + 2] ?? 0) | 0x20;
  if (digit === 0x38 || digit === 0x39 || digit === 0x61 || digit === 0x62) return 'high';
  return digit >= 0x63 && digit <= 0x66 ? 'low' : null;
}
