/**
 * The error of a push whose receiver may not have the message. Its text is logged and stored in dead letters, so it
 * never contains a secret.
 */
export class PushFailed extends Error {
  override readonly name = 'PushFailed';
  /** How long the receiver asked to wait, ms; null if it did not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number | null } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Longer reasons are cut, because some brokers send whole pages. */
const MAX_REASON = 500;
const MAX_DEPTH = 4;

/**
 * Matches a URL; the groups are its scheme and its host. User, path and query may have secrets: Google's library names
 * the URL of the metadata server, with the URL of the target in its query.
 */
const URL_IN_TEXT = /(https?:\/\/)(?:[^\s/?#]*@)?([^\s/?#]+)\S*/g;

/** The error of a client library as one line, with its code. URLs are shortened to scheme and host. */
export function failureOf(error: unknown): PushFailed {
  if (error instanceof PushFailed) return error;
  const reason = reasonOf(error).replaceAll(URL_IN_TEXT, '$1$2').replaceAll(/\s+/g, ' ').trim();
  return new PushFailed(reason.slice(0, MAX_REASON), { cause: error });
}

/**
 * The message of an error, and those of its causes. If several addresses or brokers were tried, there is a cause for
 * each.
 */
function reasonOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const behind: unknown[] = error instanceof AggregateError ? [...(error.errors as unknown[])] : [];
  if (error.cause !== undefined) behind.push(error.cause);
  const reasons = depth < MAX_DEPTH ? new Set(behind.map((inner) => reasonOf(inner, depth + 1))) : [];
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const own = error.message === '' ? code : error.message.replace(/\.$/, '');
  const said = [own, [...reasons].filter((reason) => !own.includes(reason)).join('; ')].filter((part) => part !== '');
  return behind.length > 0 || own.includes(code) ? said.join(': ') : `${said.join(': ')} (${code})`;
}
