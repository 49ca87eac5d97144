import { span as spanOf } from '@resonate/admin/words';

/** Parts of sentences. */

/** The last time that `Date` supports. Clients send later ones for "never". */
const MAX_DATE_MS = 8_640_000_000_000_000;
const NEVER_MS = Date.UTC(2200, 0, 1);
const MAX_ID = 80;

/** A time in UTC: `2026-01-31 23:59:59 UTC`. */
export function instant(at: number): string {
  return new Date(Math.min(at, MAX_DATE_MS))
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

/** True for a time that clients send to say "never". */
export function isNever(at: number): boolean {
  return at >= NEVER_MS;
}

/** A duration in words. It is never negative, although the clocks of two machines differ. */
export function span(ms: number): string {
  return spanOf(Math.max(0, ms));
}

/** `2026-01-31 23:59:59 UTC (in 5 min)`, `… (5 min ago)` */
export function instantFrom(at: number, now: number): string {
  return `${instant(at)} (${at >= now ? `in ${span(at - now)}` : `${span(now - at)} ago`})`;
}

/** `1 worker`, `2 workers` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** An id for a sentence, with its function: `order.1 (ship)`. A long id is cut, because ids may have kilobytes. */
export function named({ id, function: name }: { id: string; function?: string | undefined }): string {
  return name === undefined ? shortened(id) : `${shortened(id)} (${name})`;
}

/**
 * A command of `resonate` about a promise, task or schedule, as one types it. The id is whole, and quoted for the
 * shell, because anybody may have chosen it.
 */
export function commandFor(verb: string, id: string, more = ''): string {
  // An id that begins with a dash would be read as an option, so it follows `--`.
  const words = id.startsWith('-') ? [more, '--', quoted(id)] : [quoted(id), more];
  return ['resonate', verb, ...words].filter((word) => word !== '').join(' ');
}

/** Characters that a terminal does not show as they are. When they are pasted, it may act on them. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

function quoted(id: string): string {
  if (id.search(INVISIBLE) < 0) return `'${id.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${id.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll(INVISIBLE, octal)}'`;
}

/** The UTF-8 bytes of a character as escape sequences in `$'…'`. */
function octal(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

export function shortened(id: string): string {
  return id.length <= MAX_ID ? id : `${id.slice(0, MAX_ID / 2)}…${id.slice(1 - MAX_ID / 2)}`;
}
