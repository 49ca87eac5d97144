import type { Option } from './option.ts';

export const MASK = '***';

/** `?name=` or `&name=`. The name excludes the delimiters, so that the search reads each character once. */
const PARAMETER = /[?&]([^?&=\s]*)=/g;
const SECRET_PARAMETER = /password|secret|token|key|signature|credential/i;

/**
 * Masks the passwords in all URLs of a text, even malformed ones: `postgres://user:***@host/?sslkey=***`. Clients
 * choose some of the text that is logged, so the time must be linear in its length.
 */
export function maskUrls(text: string): string {
  if (!text.includes('://')) return text;
  return text.replaceAll(/\S+/g, (word) => maskParameters(maskPassword(word)));
}

/** A password may contain `@` and `/`. It extends to the last `@` of the word. */
function maskPassword(word: string): string {
  const end = word.lastIndexOf('@');
  for (let at = word.indexOf('://'); at >= 0 && at < end; at = word.indexOf('://', at + 3)) {
    let colon = at + 3;
    while (colon < end && !':@/'.includes(word.charAt(colon))) colon++;
    if (word.charAt(colon) === ':' && colon + 1 < end) return `${word.slice(0, colon + 1)}${MASK}${word.slice(end)}`;
  }
  return word;
}

function maskParameters(word: string): string {
  let masked = '';
  let copied = 0;
  for (const { 0: found, 1: name = '', index } of word.matchAll(PARAMETER)) {
    // This parameter is inside a value that is masked already.
    if (index < copied || !SECRET_PARAMETER.test(name)) continue;
    const start = index + found.length;
    const next = word.indexOf('&', start);
    const end = next < 0 ? word.length : next;
    if (end === start) continue;
    masked += word.slice(copied, start) + MASK;
    copied = end;
  }
  return masked + word.slice(copied);
}

/** An option's value for a page or a terminal: `unset`, masked if it is a secret, otherwise JSON. */
export function shownValue(option: Option<unknown>, value: unknown): string {
  if (value === null) return 'unset';
  if (!option.secret) return maskUrls(JSON.stringify(value));
  return option.kind === 'url' && typeof value === 'string' ? JSON.stringify(maskUrls(value)) : MASK;
}

const MAX_SHOWN = 80;

/** A refused value, for an error message. */
export function shownInput(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    if (!Array.isArray(value)) return 'a table';
    return value.every((item) => typeof item === 'string') ? shorten(JSON.stringify(value)) : 'an array';
  }
  return shorten(typeof value === 'string' ? JSON.stringify(value) : String(value));
}

function shorten(text: string): string {
  const masked = maskUrls(text);
  return masked.length > MAX_SHOWN ? `${masked.slice(0, MAX_SHOWN)}…` : masked;
}
