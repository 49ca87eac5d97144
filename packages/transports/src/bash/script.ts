/**
 * The script of a promise: the data of its param, which is base64 of UTF-8 text. Null if it is missing or something
 * else.
 */
export function scriptOf(data: string | undefined): string | null {
  if (data === undefined || data === '') return null;
  const bytes = Buffer.from(data, 'base64');
  // Buffer skips characters that are not base64. If encoding gives the same text again, there were none.
  if (bytes.toString('base64') !== data) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
