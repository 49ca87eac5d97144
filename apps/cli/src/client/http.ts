export interface ClientOptions {
  /** Base URL of the server. */
  server: string;
  token?: string | undefined;
}

/** What went wrong, in one line for the user. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

const TIMEOUT_MS = 30_000;

/** GETs JSON from the server. @throws ClientError */
export async function get(path: string, { server, token }: ClientOptions): Promise<unknown> {
  const url = new URL(path, server);
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new ClientError(`cannot reach ${server}: ${cause || 'connection refused'}`);
  });
  if (!response.ok) throw new ClientError(`${url.href} answered ${response.status}`);
  return response.json();
}
