/**
 * The script of a promise: the data of its param, decoded from base64 to UTF-8 text. Null if the data is missing or
 * invalid.
 */
export function scriptOf(data: string | undefined): string | null {
  if (data === undefined || data === '') return null;
  const bytes = Buffer.from(data, 'base64');
  // Buffer ignores characters that are not base64. If encoding the bytes gives the same text again, there were none.
  if (bytes.toString('base64') !== data) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
