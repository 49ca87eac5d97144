/** How many characters of a stored value are read to find the error's message, which SDKs put first. */
export const VALUE_HEAD = 4_096;
const MAX_MESSAGE = 300;
const DATA = /"data":"((?:[^"\\]|\\.)*)/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** SDKs store `{ "__type": "error", "message": …, "stack": …, "name": … }`. The end may be cut off. */
const ERROR = /^\s*\{\s*"__type"\s*:\s*"(?:aggregate_)?error"/;
const MESSAGE = /"message"\s*:\s*"((?:[^"\\]|\\.)*)/;
const NAME = /"name"\s*:\s*"((?:[^"\\]|\\.)*)"\s*[,}]/;

/**
 * The error in a rejected promise's value, in a line: name and message of an SDK's error, or other data as text. Undefined if
 * there is none.
 * @param valueHead the first characters of the stored value.
 */
export function errorMessageOf(valueHead: string): string | undefined {
  const data = unescaped(DATA.exec(valueHead)?.[1] ?? '');
  if (data === '') return undefined;
  const text = BASE64.test(data) ? Buffer.from(data, 'base64').toString() : data;
  // A word is valid base64 too, but its bytes are no text.
  const readable = /[\ufffd\0]/.test(text.slice(0, -1)) ? data : text.replace(/\ufffd$/, '');
  const line = (ERROR.test(readable) ? messageIn(readable) : plain(readable)).replaceAll(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE - 1).toWellFormed()}…` : line;
}

function messageIn(error: string): string {
  const message = unescaped(MESSAGE.exec(error)?.[1] ?? '');
  const name = unescaped(NAME.exec(error)?.[1] ?? '');
  if (name === '' || name === 'Error') return message;
  return message === '' ? name : `${name}: ${message}`;
}

/** The text itself where the value is one as JSON, and JSON as it is. */
function plain(json: string): string {
  const quoted = /^\s*"((?:[^"\\]|\\.)*)/.exec(json);
  return quoted ? unescaped(quoted[1] ?? '') : json;
}

/** What stands between the quotes of a JSON text, maybe without its end. */
function unescaped(inner: string): string {
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    return inner;
  }
}
