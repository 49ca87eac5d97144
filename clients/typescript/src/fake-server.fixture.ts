import type { Request, Response } from '@resonatehq/sdk';

export const HEAD = { corrId: 'c', version: '2026-04-01' };

/** A fake server that answers when the test tells it to. */
export class Server {
  readonly sent: Request[] = [];
  readonly #open: { request: Request; resolve(response: Response): void; reject(error: Error): void }[] = [];

  readonly forward = (request: Request): Promise<Response> => {
    this.sent.push(request);
    return new Promise((resolve, reject) => this.#open.push({ request, resolve, reject }));
  };

  /** Answers the oldest open request. */
  answer(status: number, data: unknown): void {
    const next = this.#open.shift();
    next?.resolve({ kind: next.request.kind, head: { ...HEAD, status }, data } as Response);
  }

  /** Answers the action of the oldest open fence. */
  fenced(promise: object, status = 200): void {
    const [next] = this.#open;
    const { action } = (next?.request as Extract<Request, { kind: 'task.fence' }>).data;
    const data = status === 200 ? { promise: { ...action.data, ...promise } } : 'no';
    this.answer(200, { action: { kind: action.kind, head: { ...HEAD, status }, data }, preload: [] });
  }

  /** The oldest open request fails. */
  fail(error = new Error('connection lost')): void {
    this.#open.shift()?.reject(error);
  }

  /** The requests in order: `create wf.1`, `settle wf.1`, `task.suspend`, … */
  kinds(): string[] {
    return this.sent.splice(0).map((request) => {
      if (request.kind !== 'task.fence') return request.kind;
      const { kind, data } = request.data.action;
      return `${kind.replace('promise.', '')} ${data.id}`;
    });
  }
}
