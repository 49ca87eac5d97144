import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBudget, type Holding } from './byte-budget.ts';

export type Body =
  | { ok: true; bytes: Buffer }
  /** `no room`: unfinished bodies hold too many bytes, and this one is the oldest. */
  | { ok: false; reason: 'too large' | 'no room' | 'aborted' };

/**
 * How long a client may continue to send a body that was refused. If the connection were closed at once, the client
 * would see a broken connection instead of the answer.
 */
const LINGER_MS = 5_000;

/** Reads the bodies of requests. The total size of unfinished bodies is limited (`server.max_unfinished_bodies`). */
export class Bodies {
  readonly #maxBytes: number;
  readonly #unfinished: ByteBudget;

  constructor({ maxBodySize, maxUnfinishedBodies }: { maxBodySize: number; maxUnfinishedBodies: number }) {
    this.#maxBytes = maxBodySize;
    this.#unfinished = new ByteBudget(maxUnfinishedBodies);
  }

  /** Whether the body is too large according to its Content-Length. */
  isTooLarge(request: IncomingMessage): boolean {
    return announcedBytes(request) > this.#maxBytes;
  }

  /** @param maxBytes a lower limit than `server.max_body_size`, for bodies that are never large. */
  read(request: IncomingMessage, maxBytes = this.#maxBytes): Promise<Body> {
    return new Promise((resolve) => {
      const announced = announcedBytes(request);
      if (announced > maxBytes) return resolve({ ok: false, reason: 'too large' });
      const chunks: Buffer[] = [];
      let size = 0;
      let holding: Holding | null = null;
      let isOver = false;
      const end = (body: Body) => {
        if (isOver) return;
        isOver = true;
        holding?.release();
        chunks.length = 0;
        resolve(body);
      };
      request.on('data', (chunk: Buffer) => {
        if (isOver) return;
        size += chunk.length;
        if (size > maxBytes) return end({ ok: false, reason: 'too large' });
        // Nearly every body arrives in one chunk. It is complete, so it never counts as unfinished.
        if (size === announced && chunks.length === 0) return end({ ok: true, bytes: chunk });
        chunks.push(chunk);
        holding ??= this.#unfinished.hold(0, () => end({ ok: false, reason: 'no room' }));
        holding.add(chunk.length);
      });
      request.on('end', () => end({ ok: true, bytes: Buffer.concat(chunks) }));
      request.on('close', () => end({ ok: false, reason: 'aborted' }));
    });
  }
}

/** The Content-Length; NaN if there is none. */
function announcedBytes({ headers }: IncomingMessage): number {
  return Number(headers['content-length']);
}

/** Ends the answer to a request whose body was not read. The rest of the body is read and dropped first. */
export async function endUnread(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
  response.write(body);
  await discardBody(request);
  response.end();
}

function discardBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(over, LINGER_MS);
    request.once('end', over);
    request.once('close', over);
    request.resume();
  });
}
