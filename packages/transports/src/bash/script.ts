/** The script of a promise: its param's data, base64 of UTF-8 text. Null when that is missing or is something else. */
export function scriptOf(data: string | undefined): string | null {
  if (data === undefined || data === '') return null;
  const bytes = Buffer.from(data, 'base64');
  // Buffer skips what is not base64: text that survives the way back was nothing else.
  if (bytes.toString('base64') !== data) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
