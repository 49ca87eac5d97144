/** Formats a log line as text or JSON. Both mask secrets and limit the size of a field. */
import { styleText } from 'node:util';
import { MASK, maskUrls } from '@resonate/config';

export type Fields = Readonly<Record<string, unknown>>;

const SECRET_NAME = /^auth$|token|passw|secret|authorization|cookie|credential|(?:api|access|private)[-_]?key/i;
/**
 * Fields with ids that clients chose. They are not masked: two masked ids could look the same, and a search of the log
 * would not find them.
 */
const ID_NAME = /^(?:id|ids|promise|awaited|awaiter|task|schedule|corrId|process|processes)$/;
const MAX_DEPTH = 4;
const MAX_ITEMS = 100;
const MAX_TEXT = 8192;

/** A copy that is safe to log: plain JSON values, secrets masked; depth, length and number of items are limited. */
function presentable(name: string, value: unknown, depth: number): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return value;
  if (SECRET_NAME.test(name)) return MASK;
  if (typeof value === 'string') return ID_NAME.test(name) ? cut(value) : shorten(value);
  // oxlint-disable-next-line typescript/no-base-to-string -- a bigint, symbol or function: none is an object
  if (typeof value !== 'object') return String(value);
  if (value instanceof Error) return presentable(name, describeError(value), depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return maskUrls(value.href);
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[…]' : '{…}';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => presentable(name, item, depth + 1));
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([key, item]) => [key, presentable(key, item, depth + 1)]));
}

/** Some errors of drivers and of Node have a `code` and no message. */
function describeError(error: Error): Fields {
  const { name, message, stack, cause } = error;
  const code = (error as NodeJS.ErrnoException).code;
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    stack,
    ...(cause === undefined ? {} : { cause }),
  };
}

function shorten(text: string): string {
  return maskUrls(cut(text));
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function presentableFields(fields: Fields): Record<string, unknown> {
  return presentable('', fields, 0) as Record<string, unknown>;
}

/** One JSON object: ts, level, msg, then the fields. */
export function jsonLine(level: string, msg: string, fields: Fields): string {
  const line: Record<string, unknown> = { ts: new Date().toISOString(), level, msg: shorten(msg) };
  // Spread `line` again at the end, so that no field replaces ts, level or msg.
  return JSON.stringify({ ...line, ...presentableFields(fields), ...line });
}

const COLOURS: Readonly<Record<string, 'blue' | 'green' | 'yellow' | 'red'>> = {
  debug: 'blue',
  info: 'green',
  warn: 'yellow',
  error: 'red',
};

/**
 * `2026-01-31T23:59:59.000Z  INFO resonate: Resonate Server starting port=8001`, in the form of the public server. It
 * has colours if the terminal supports them and NO_COLOR is not set.
 */
export function textLine(stream: NodeJS.WritableStream, level: string, msg: string, fields: Fields): string {
  const shown = Object.entries(presentableFields(fields))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${JSON.stringify(inText(value))}`);
  const time = styleText('dim', new Date().toISOString(), { stream });
  const name = styleText(COLOURS[level] ?? 'red', level.toUpperCase().padStart(5), { stream });
  const origin = styleText('dim', 'resonate:', { stream });
  return `${time} ${name} ${origin} ${withoutControls(`${shorten(msg)}${shown.join('')}`)}`;
}

/** Keeps a text within its line, and without escape sequences of its own. */
function withoutControls(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** Leaves out the stack of an error, because it is too long for a line on a terminal. JSON lines have it. */
function inText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('stack' in value)) return value;
  const { name, message, code } = value as unknown as Partial<NodeJS.ErrnoException>;
  return `${name ?? 'Error'}: ${message || (code ?? '')}`;
}
