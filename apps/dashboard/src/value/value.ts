/** A value of the protocol. `data` is opaque to the server; the SDKs store JSON in base64. */
export interface Value {
  headers?: Record<string, string> | undefined;
  data?: string | undefined;
}

export type Decoded =
  | { kind: 'empty' }
  | { kind: 'json'; json: unknown }
  /** An error as the SDK encodes it; it is thrown in the function that waits. */
  | { kind: 'error'; name: string; message: string; stack?: string; json: unknown }
  | { kind: 'text'; text: string }
  | { kind: 'binary'; bytes: number };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Decodes a value as far as possible, because clients other than the SDKs may store anything. */
export function decodeValue({ data }: Value): Decoded {
  if (!data) return { kind: 'empty' };
  const plain = parsed(data);
  // `1234` and `true` are valid base64, too, but they are meant as JSON.
  if (plain) return plain;
  if (!BASE64.test(data)) return { kind: 'text', text: data };
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parsed(text) ?? { kind: 'text', text };
  } catch {
    return { kind: 'binary', bytes: bytes.length };
  }
}

/** Deeper JSON is shown as plain text. Indented, it could become so long that the page freezes. */
const MAX_DEPTH = 64;

function isDeep(json: string): boolean {
  let depth = 0;
  // Brackets inside strings count, too. If that makes the JSON look too deep, it is only shown as plain text.
  for (const bracket of json.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === '[' || bracket[0] === '{' ? 1 : -1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

function parsed(text: string): Decoded | undefined {
  if (isDeep(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return errorOf(json) ?? { kind: 'json', json };
  } catch {
    return undefined;
  }
}

function errorOf(json: unknown): Decoded | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { __type, name, message, stack } = json as Record<string, unknown>;
  if (__type !== 'error' && __type !== 'aggregate_error') return undefined;
  return {
    kind: 'error',
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
    ...(typeof stack === 'string' && { stack }),
    json,
  };
}

/**
 * Encodes JSON text in the same way as the SDKs, so that the workflow gets that value. Blank text encodes `undefined`.
 * @throws SyntaxError if the text is not JSON.
 */
export function encodeValue(text: string): { headers: Record<string, string>; data: string } {
  if (text.trim() === '') return { headers: {}, data: '' };
  const bytes = new TextEncoder().encode(JSON.stringify(JSON.parse(text)));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return { headers: {}, data: btoa(binary) };
}
