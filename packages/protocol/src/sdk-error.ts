/** SDKs store `{ "__type": "error", "message": …, "stack": …, "name": … }`. */
const ERROR = /^\s*\{\s*"__type"\s*:\s*"(?:aggregate_)?error"/;
const MESSAGE = /"message"\s*:\s*"((?:[^"\\]|\\.)*)/;
const NAME = /"name"\s*:\s*"((?:[^"\\]|\\.)*)"\s*[,}]/;
const TEXT = /^\s*"((?:[^"\\]|\\.)*)/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const NOT_TEXT = /[\ufffd\u0000-\u0008\u000e-\u001f]/;

/**
 * Decodes base64 if the result is readable text; otherwise returns the data unchanged.
 * @param isCut the end of the data may be missing.
 */
export function decodedText(data: string, isCut = false): string {
  if (!BASE64.test(data) || (!isCut && data.length % 4 !== 0)) return data;
  const bytes = Buffer.from(data, 'base64').toString();
  const text = isCut ? bytes.replace(/\ufffd$/, '') : bytes;
  // A word such as `done` is valid base64, too, but its decoded bytes are not text.
  return NOT_TEXT.test(text) ? data : text;
}

/**
 * The error in the decoded data of a rejected promise: name and message of an SDK's error, the text of a JSON string, or
 * other data as it is.
 * @param data its end may be cut off, because SDKs put the message first.
 */
export function errorIn(data: string): string {
  if (!ERROR.test(data)) {
    const text = TEXT.exec(data)?.[1];
    return text === undefined ? data : unescaped(text);
  }
  const message = unescaped(MESSAGE.exec(data)?.[1] ?? '');
  const name = unescaped(NAME.exec(data)?.[1] ?? '');
  if (name === '' || name === 'Error') return message;
  return message === '' ? name : `${name}: ${message}`;
}

/** @param inner the characters between the quotes of a JSON string. Its end may be cut off. */
export function unescaped(inner: string): string {
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    return inner;
  }
}
