/** A push whose receiver may not have the message. Its message never holds a secret: it is logged and kept. */
export class PushFailed extends Error {
  override readonly name = 'PushFailed';
}

/** Longer reasons are cut: some brokers send whole pages. */
const MAX_REASON = 500;

/** What a client's error says, on one line and with its code. */
export function failureOf(error: unknown): PushFailed {
  if (error instanceof PushFailed) return error;
  return new PushFailed(reasonOf(error).replaceAll(/\s+/g, ' ').trim().slice(0, MAX_REASON), { cause: error });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Of several tries (one per address of a name, one per broker) each has its own reason.
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const reasons = [...new Set(inner.map(reasonOf))].join('; ');
  const said = [error.message, reasons].filter((part) => part !== '').join(': ');
  return said.includes(code) ? said : `${said} (${code})`;
}
