/** What an error says; whatever else may be thrown, as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error || hasMessage(error) ? error.message : String(error);
}

/** An error of another realm, as a native module's may be, is no `Error` of this one. */
function hasMessage(error: unknown): error is { message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
