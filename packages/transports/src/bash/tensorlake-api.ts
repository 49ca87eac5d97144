/** No answer, an answer other than 2xx, or an answer of the wrong form. */
export class TensorlakeError extends Error {
  override readonly name = 'TensorlakeError';
  /** Whether the same request may succeed later. */
  readonly isTemporary: boolean;

  constructor(message: string, isTemporary: boolean) {
    super(message);
    this.isTemporary = isTemporary;
  }
}

export interface Sandbox {
  id: string;
  /** The URL of its processes. */
  url: string;
}

export interface ProcessState {
  status: string;
  exitCode: number;
}

export interface TensorlakeApiOptions {
  apiKey: string;
  apiUrl: string;
  /** The URL of a sandbox's processes, with `{id}` in place of its id. */
  sandboxUrl: string;
  /** Limit of the output, bytes. */
  maxOutput: number;
}

const REQUEST_WITHIN_MS = 30_000;
/** Limit of every other answer, bytes. */
const MAX_ANSWER = 64 * 1024;
const MAX_QUOTED = 300;
/** Checked, because the id becomes part of a host name, and the API key is sent to that host. */
const SANDBOX_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
const SANDBOX_SECONDS = 600;

/** Tensorlake's sandboxes over HTTP. Every method throws TensorlakeError. */
export class TensorlakeApi {
  readonly #options: TensorlakeApiOptions;

  readonly #signal: AbortSignal;

  /**
   * @param signal ends requests to a sandbox. It does not end the creation or deletion of a sandbox, because the
   * sandbox would be left behind.
   */
  constructor(options: TensorlakeApiOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** @param image empty: Tensorlake's default. The sandbox ends by itself after 600 s. */
  async createSandbox(image: string): Promise<Sandbox> {
    const body = { timeout_secs: SANDBOX_SECONDS, ...(image === '' ? {} : { image }) };
    const { sandbox_id: id } = await this.#ask('POST', `${this.#options.apiUrl}/sandboxes`, body);
    if (typeof id !== 'string' || !SANDBOX_ID.test(id)) throw new TensorlakeError('no sandbox_id in the answer', false);
    return { id, url: this.#options.sandboxUrl.replaceAll('{id}', id) };
  }

  /** `pending`, `running`, `suspended`, `terminated`, … */
  async sandboxStatus({ id }: Sandbox): Promise<string> {
    const { status } = await this.#ask('GET', `${this.#options.apiUrl}/sandboxes/${id}`);
    return String(status);
  }

  async deleteSandbox({ id }: Sandbox): Promise<void> {
    await this.#ask('DELETE', `${this.#options.apiUrl}/sandboxes/${id}`);
  }

  /** Starts `bash -c SCRIPT`. @returns its process id in the sandbox. */
  async startScript({ url }: Sandbox, script: string, env: Record<string, string>): Promise<number> {
    const capture = { stdout_mode: 'capture', stderr_mode: 'capture' };
    const body = { command: 'bash', args: ['-c', script], env, ...capture };
    const { pid } = await this.#ask('POST', `${url}/api/v1/processes`, body);
    if (typeof pid !== 'number' || !Number.isInteger(pid)) throw new TensorlakeError('no pid in the answer', false);
    return pid;
  }

  async processState({ url }: Sandbox, pid: number): Promise<ProcessState> {
    const { status, exit_code: code } = await this.#ask('GET', `${url}/api/v1/processes/${pid}`);
    return { status: String(status), exitCode: typeof code === 'number' ? code : -1 };
  }

  /** stdout and stderr as one text, because the API does not separate them; null if it is longer than allowed. */
  async output({ url }: Sandbox, pid: number): Promise<string | null> {
    const { maxOutput } = this.#options;
    // JSON may escape a character as six bytes (`\u0000`).
    const answer = await this.#ask(
      'GET',
      `${url}/api/v1/processes/${pid}/output`,
      undefined,
      6 * maxOutput + MAX_ANSWER,
    );
    const lines = Array.isArray(answer['lines']) ? (answer['lines'] as unknown[]) : null;
    if (lines === null) throw new TensorlakeError('no lines in the answer', true);
    const text = lines.filter((line) => typeof line === 'string').join('\n');
    return Buffer.byteLength(text) > maxOutput ? null : text;
  }

  /** Requests to a sandbox end when its script is stopped. */
  #limitOf(url: string, method: string): AbortSignal {
    const late = AbortSignal.timeout(REQUEST_WITHIN_MS);
    const keeps = method !== 'GET' && url.startsWith(`${this.#options.apiUrl}/sandboxes`);
    return keeps ? late : AbortSignal.any([late, this.#signal]);
  }

  async #ask(method: string, url: string, body?: object, maxBytes = MAX_ANSWER): Promise<Record<string, unknown>> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${this.#options.apiKey}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // The key must not be sent to any other host.
        redirect: 'error',
        signal: this.#limitOf(url, method),
      });
      status = response.status;
      text = await readText(response, maxBytes);
    } catch (error) {
      throw error instanceof TensorlakeError ? error : new TensorlakeError(reasonOf(error), true);
    }
    if (status >= 200 && status < 300) return parse(text);
    const isTemporary = status >= 500 || status === 408 || status === 429;
    throw new TensorlakeError(`status ${status} ${text.slice(0, MAX_QUOTED)}`.trim(), isTemporary);
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** An answer without a body counts as an empty object. */
function parse(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Handled below.
  }
  throw new TensorlakeError('the answer is not a JSON object', true);
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = response.body ?? [];
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw new TensorlakeError(`the answer is longer than ${maxBytes} bytes`, false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
