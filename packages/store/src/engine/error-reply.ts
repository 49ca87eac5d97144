import type { Reply } from '@resonate/protocol';
import { BatchConflict, RequestTooLarge, StoreUnavailable } from '../dialect.ts';
import { QueueFull } from './batcher.ts';

/** The answer to a request whose operation threw: a fault of the program. */
export const INTERNAL_ERROR: Reply = { status: 500, data: 'Internal error' };

/** What a client is told of an error. Errors of the store become replies here and nowhere else. */
export function errorReply(error: unknown): Reply {
  if (error instanceof QueueFull) return { status: 503, data: `Server is overloaded: ${error.message}` };
  // Its message may name the database's address, which is no client's business: the log has it.
  if (error instanceof StoreUnavailable) return { status: 503, data: 'Storage is unavailable: try again later' };
  if (error instanceof BatchConflict) {
    return { status: 503, data: 'Too many conflicts with other requests, nothing was changed: try again' };
  }
  if (error instanceof RequestTooLarge) return { status: 400, data: `Invalid request: ${error.message}` };
  return { status: 500, data: 'Storage failed' };
}

/** True for an error that an operator must see: it is neither the client's fault nor will it pass by itself. */
export function isFault(error: unknown): boolean {
  return errorReply(error).status === 500;
}
