import type { IncomingMessage, ServerResponse } from 'node:http';
import { ByteBudget, type Holding } from '../limits/byte-budget.ts';

export const NO_ROOM = 'Unfinished request bodies take too much memory (server.max_unfinished_bodies); try again';

export type Body =
  | { ok: true; bytes: Buffer }
  /** `no room`: unfinished bodies hold too many bytes, and this one is the oldest. */
  | { ok: false; reason: 'too large' | 'no room' | 'aborted' };

/**
 * How long a client may continue to send a body that was refused. If the connection were closed at once, the client
 * would see a broken connection instead of the answer.
 */
const LINGER_MS = 5_000;
const EMPTY = Buffer.alloc(0);

/** The limits of memory that every endpoint with bodies must respect. */
export interface MemoryLimits {
  bodies: Bodies;
  /** Must be called with the size of each answer, bytes. */
  answered: (response: ServerResponse, bytes: number) => void;
}

/** Reads the bodies of requests. The total size of unfinished bodies is limited (`server.max_unfinished_bodies`). */
export class Bodies {
  /** Frames of WebSockets count, too. */
  readonly unfinished: ByteBudget;
  readonly #maxBytes: number;

  constructor({ maxBodySize, maxUnfinishedBodies }: { maxBodySize: number; maxUnfinishedBodies: number }) {
    this.#maxBytes = maxBodySize;
    this.unfinished = new ByteBudget(maxUnfinishedBodies);
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
      const most = Number.isNaN(announced) ? maxBytes : announced;
      let arrived = EMPTY;
      let size = 0;
      let holding: Holding | null = null;
      let isOver = false;
      const end = (body: Body) => {
        if (isOver) return;
        isOver = true;
        holding?.release();
        arrived = EMPTY;
        resolve(body);
      };
      request.on('data', (chunk: Buffer) => {
        if (isOver) return;
        const before = size;
        size += chunk.length;
        if (size > maxBytes) return end({ ok: false, reason: 'too large' });
        // Nearly every body arrives in one chunk. It is complete, so it never counts as unfinished.
        if (size === announced && before === 0) return end({ ok: true, bytes: chunk });
        // Chunks are not kept: a client may send each byte as a chunk, and each takes hundreds of bytes of memory.
        if (size > arrived.length) {
          const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(2 * arrived.length, most)));
          const more = larger.length - arrived.length;
          arrived.copy(larger, 0, 0, before);
          arrived = larger;
          holding ??= this.unfinished.hold(0, () => end({ ok: false, reason: 'no room' }));
          holding.add(more);
        }
        chunk.copy(arrived, before);
      });
      request.on('end', () => end({ ok: true, bytes: arrived.subarray(0, size) }));
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
