import { span } from '@resonate/admin/words';
import { parseJson } from '@resonate/protocol/envelope';
import { decodedText } from '@resonate/protocol/sdk-error';
import { parseExactJson } from './exact-json.ts';
import { call, ClientError, type ClientOptions } from './http.ts';
import { instant, printable, show, type OutputOptions, type Table } from './output.ts';

/** Sends one request of the protocol and prints the data of its answer. @throws ClientError */
export async function answer(kind: string, data: object, options: ClientOptions & OutputOptions): Promise<void> {
  show(await call(kind, data, options), options, fieldTable);
}

/** A record as a table of its fields, such as `param.data`, with `data` decoded. */
export function fieldTable(data: Record<string, unknown>): Table {
  const [only, ...others] = Object.values(data);
  const rows = others.length === 0 && isRecord(only) ? fields(only, '') : fields(data, '');
  return rows.length === 0 ? { columns: ['done'], rows } : { columns: ['FIELD', 'VALUE'], rows, isWide: true };
}

function fields(record: Record<string, unknown>, prefix: string): [string, string][] {
  return Object.entries(record).flatMap(([name, value]) => {
    const path = `${prefix}${printable(name)}`;
    return isRecord(value)
      ? fields(value, `${path}.`)
      : [[path, fieldText(path, name, value)] satisfies [string, string]];
  });
}

/** Data that is stored encoded. Other fields can have the name `data` too, such as tags and headers. */
const STORED_DATA = /^(?:(?:action|data|promise|schedule)\.)*(?:param|value|promiseParam)\.data$/;
const SPANS = new Set(['ttl', 'promiseTimeout']);

function fieldText(path: string, name: string, value: unknown): string {
  if (typeof value === 'number') {
    if (name.endsWith('At')) return instant(value);
    return SPANS.has(name) ? span(value) : String(value);
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  return STORED_DATA.test(path) ? decodedText(value) : value;
}

/**
 * The value of JSON; any other text is returned unchanged.
 * @throws ClientError if a number in it would change. @param name the option that contains the text
 */
export function jsonOrText(text: string, name: string): unknown {
  try {
    return parseExactJson(text, name);
  } catch (error) {
    if (error instanceof ClientError) throw error;
    return text;
  }
}

/**
 * Stored data, decoded: the value of JSON, or any other text. JSON that is nested too deeply stays text, because with
 * line breaks and indentation it could become a thousand times longer.
 */
export function storedValue(data: string): unknown {
  const text = decodedText(data);
  const parsed = parseJson(Buffer.from(text));
  return parsed.ok ? parsed.json : text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
