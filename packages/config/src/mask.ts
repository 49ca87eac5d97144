import type { Option } from './option.ts';

export const MASK = '***';

/** Hides the passwords of all URLs in a text, also of a malformed one. */
export function maskUrls(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .replaceAll(/:\/\/([^\s:@/]*):\S+@/g, `://$1:${MASK}@`)
    .replaceAll(/([?&][^=&\s]*(?:password|secret|token|key)[^=&\s]*=)[^&\s]+/gi, `$1${MASK}`);
}

/** An option's value for a page or a terminal: `unset`, a secret masked, else as JSON. */
export function shownValue(option: Option<unknown>, value: unknown): string {
  if (value === null) return 'unset';
  if (!option.secret) return maskUrls(JSON.stringify(value));
  return option.kind === 'url' && typeof value === 'string' ? JSON.stringify(maskUrls(value)) : MASK;
}

const MAX_SHOWN = 80;

/** A value that was refused, for an error line. */
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
