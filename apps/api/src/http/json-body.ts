import type { RequestHandler } from 'express';
import { parseJson } from '@resonate/protocol';
import { NO_ROOM, type Bodies } from './bodies.ts';
import { Refusal } from './refusal.ts';

/** Reads a JSON body into `request.body`; an empty body becomes `undefined`. The Content-Type is ignored. */
export function jsonBody(bodies: Bodies, maxBytes: number): RequestHandler {
  return async (request, response, next) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new Refusal(415, 'A body must not be compressed');
    const body = await bodies.read(request, maxBytes);
    if (!body.ok) {
      if (body.reason === 'aborted') return;
      // Close the connection: it could serve further requests only after the rest of the body was read.
      response.set('connection', 'close');
      request.resume();
      throw body.reason === 'too large'
        ? new Refusal(413, `The body is larger than ${maxBytes} bytes`)
        : new Refusal(503, NO_ROOM);
    }
    if (body.bytes.length > 0) {
      const parsed = parseJson(body.bytes);
      if (!parsed.ok) throw new Refusal(400, `Invalid request: ${parsed.error}`);
      request.body = parsed.json;
    }
    next();
  };
}
