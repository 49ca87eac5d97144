/** The message of an error; anything else that was thrown, as text. */
export function errorText(error: unknown): string {
  return error instanceof Error || hasMessage(error) ? error.message : String(error);
}

/** An error of another realm, such as a native module's, is not an instance of this realm's `Error`. */
function hasMessage(error: unknown): error is { message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

/** The code of a system's or database's error, such as `SQLITE_BUSY`; '' for other errors. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
