import type { Value } from '@resonate/protocol';

/** How many characters of a stored value are read to find its error. */
export const VALUE_HEAD = 4_096;
const MAX_MESSAGE = 300;
const DATA = /"data":"([A-Za-z0-9+/=]*)/;
const MESSAGE = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/;

/**
 * The error in a rejected promise's value, from the first characters of the stored value. SDKs store
 * `{ "__type": "error", "message": … }` as JSON in base64. Other data is shown as text. Undefined if there is none.
 */
export function errorMessageOf(valueHead: string): string | undefined {
  const data = dataOf(valueHead);
  if (data === undefined || data === '') return undefined;
  const text = isBase64(data) ? Buffer.from(data, 'base64').toString() : data;
  const message = messageIn(text).replaceAll(/\s+/g, ' ').trim();
  return message === '' ? undefined : cut(message);
}

function dataOf(valueHead: string): string | undefined {
  try {
    return (JSON.parse(valueHead) as Value).data;
  } catch {
    // The value is longer than its head.
    return DATA.exec(valueHead)?.[1];
  }
}

function isBase64(data: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(data) && !Buffer.from(data, 'base64').toString().includes('\ufffd');
}

function messageIn(text: string): string {
  const quoted = MESSAGE.exec(text)?.[1];
  try {
    const parsed: unknown = JSON.parse(quoted ?? text);
    return typeof parsed === 'string' ? parsed : text;
  } catch {
    return text;
  }
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
}
