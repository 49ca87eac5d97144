import {
  checkRequest,
  isKind,
  openEnvelope,
  sealEnvelope,
  type Echo,
  type Envelope,
  type Reply,
} from '@resonate/protocol';
import type { Runtime } from '@resonate/runtime';

export interface Answer {
  status: number;
  body: string;
}

/** One RPC: from the bytes of a body to the bytes of its answer (protocol section 1). Never rejects. */
export class Rpc {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async answer(body: Buffer): Promise<Answer> {
    const start = performance.now();
    const opened = openEnvelope(body);
    if (!opened.ok) return this.#seal(opened.echo, opened.reply, start);
    const { envelope } = opened;
    const echo = { kind: envelope.kind, corrId: envelope.head.corrId };
    return this.#seal(echo, await this.#run(envelope, body.length), start);
  }

  /** A refusal of a body that was never read. */
  refuse(reply: Reply): Answer {
    return this.#seal({ kind: 'unknown', corrId: '0' }, reply, performance.now());
  }

  async #run({ kind, head, data }: Envelope, size: number): Promise<Reply> {
    if (!isKind(kind)) return { status: 400, data: `Invalid request: unknown kind ${JSON.stringify(kind)}` };
    const { debug } = this.#runtime.config;
    if (kind.startsWith('debug.') && !debug) return { status: 403, data: 'Debug operations need --debug' };
    const checked = checkRequest(kind, data);
    if (!checked.ok) return { status: 400, data: checked.message };
    return this.#runtime.store.execute(checked.request, (debug ? head.debugTime : null) ?? null, size);
  }

  #seal(echo: Echo, reply: Reply, start: number): Answer {
    const { status, body } = this.#written(echo, reply);
    this.#runtime.metrics.countRequest(echo.kind, status, (performance.now() - start) / 1000);
    return { status, body };
  }

  /** A page of large promises may be longer than any string can be (0.5 GB). */
  #written(echo: Echo, reply: Reply): Answer {
    try {
      return { status: reply.status, body: sealEnvelope(echo, reply) };
    } catch (error) {
      this.#runtime.logger.error('an answer could not be written', { kind: echo.kind, error });
      const failed = { status: 500, data: 'The answer is too large: ask for less with limit' };
      return { status: failed.status, body: sealEnvelope(echo, failed) };
    }
  }
}
