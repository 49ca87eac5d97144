import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient, type RpcAnswer } from '../processes/http-client.ts';
import type { RoleProcess } from './role-process.ts';

export const FAR_FUTURE = 4_102_444_800_000;

/** The data of a request's answer, which must be 200. */
export async function ask(url: string, kind: string, data: object): Promise<unknown> {
  const client = new HttpClient(url);
  try {
    const answer = await client.rpc(kind, data);
    expect(answer).toMatchObject({ status: 200 });
    return answer.data;
  } finally {
    client.close();
  }
}

/** Creates a promise with a task for `target`. @returns its id. */
export async function createTask(url: string, target: string): Promise<string> {
  const id = `task-${randomUUID()}`;
  await ask(url, 'promise.create', { id, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': target } });
  return id;
}

/**
 * Creates a promise that times out soon, and waits until a scheduler has settled it and a stream on `api` is notified.
 * @returns how long after the timeout that was, in ms.
 */
export async function fireTimer(api: RoleProcess, withinMs: number): Promise<number> {
  // If the promise times out before the listener is registered, there is no notification. A busy machine needs longer.
  for (let inMs = 200; ; inMs *= 2) {
    const id = `timer-${randomUUID()}`;
    const stream = await EventStream.open(api.url, `/poll/timers/${id}`);
    try {
      const timeoutAt = Date.now() + inMs;
      await ask(api.url, 'promise.create', { id, timeoutAt, tags: {} });
      const address = `poll://uni@timers/${id}`;
      const listened = await ask(api.url, 'promise.register_listener', { awaited: id, address });
      if ((listened as { promise: { state: string } }).promise.state !== 'pending') continue;
      const { message, at } = await stream.nextReceived(withinMs);
      expect(message).toMatchObject({ kind: 'unblock', data: { promise: { id, state: 'rejected_timedout' } } });
      return at - timeoutAt;
    } finally {
      stream.break();
    }
  }
}

/** A client of a cluster: after a connection error it tries again on the next replica. */
export class RetryingClient {
  /** The number of connection errors that it retried. */
  retries = 0;
  readonly #clients: HttpClient[];
  #turn = 0;

  constructor(urls: readonly string[]) {
    this.#clients = urls.map((url) => new HttpClient(url));
  }

  /** @throws any error that is not a connection error, and the connection error of the last attempt. */
  async rpc(kind: string, data: object): Promise<RpcAnswer> {
    for (let triesLeft = 20; ; triesLeft--) {
      const client = this.#clients[this.#turn % this.#clients.length] as HttpClient;
      try {
        return await client.rpc(kind, data);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code) || triesLeft === 0) throw error;
        this.retries += 1;
        this.#turn += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
