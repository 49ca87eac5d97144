import type { IncomingMessage } from 'node:http';

export type Body = { ok: true; bytes: Buffer } | { ok: false; reason: 'too large' | 'aborted' };

/** Reads a request's body up to `maxBytes`; what lies beyond is thrown away unread. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const announced = Number(request.headers['content-length']);
    if (announced > maxBytes) {
      resolve({ ok: false, reason: 'too large' });
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.removeAllListeners('data');
        resolve({ ok: false, reason: 'too large' });
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () =>
      resolve({ ok: true, bytes: chunks[0] && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks) }),
    );
    request.on('error', () => resolve({ ok: false, reason: 'aborted' }));
    request.on('close', () => resolve({ ok: false, reason: 'aborted' }));
  });
}
