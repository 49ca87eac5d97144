import { isRecord, storedValue } from '../answer.ts';

/** Fields with a param or value, `{headers, data}`. */
const VALUES = new Set(['param', 'value', 'promiseParam']);

/**
 * A copy of a server's answer in which the `data` of every param and value is decoded: JSON becomes its value, other
 * text stays text. Data that is not text stays base64.
 */
export function readable(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(readable);
  if (!isRecord(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([name, inner]) => [name, VALUES.has(name) ? readableValue(inner) : readable(inner)]),
  );
}

function readableValue(value: unknown): unknown {
  if (!isRecord(value) || typeof value['data'] !== 'string') return value;
  return { ...value, data: storedValue(value['data']) };
}
