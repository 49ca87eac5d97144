import { BatchConflict, OutcomeUnknown, RequestTooLarge, StoreUnavailable } from '@resonate/drivers';
import type { Reply } from '@resonate/protocol';
import { QueueFull } from './batcher.ts';

/** The reply to a request whose operation threw, which is a fault of the program. */
export const INTERNAL_ERROR: Reply = { status: 500, data: 'Internal error' };

/** The reply to a request that conflicted with others again and again. */
const CONFLICTING: Reply = {
  status: 503,
  data: 'Too many conflicts with other requests, nothing was changed: try again',
};

export function isConflict({ status, data }: Reply): boolean {
  return status === CONFLICTING.status && data === CONFLICTING.data;
}

/** The reply for an error of the store. No other function makes replies from the store's errors. */
export function errorReply(error: unknown): Reply {
  if (error instanceof QueueFull) return { status: 503, data: `Server is overloaded: ${error.message}` };
  // The error's message may contain the database's address, which clients must not see. The log has it.
  if (error instanceof StoreUnavailable) return { status: 503, data: 'Storage is unavailable: try again later' };
  if (error instanceof BatchConflict) return CONFLICTING;
  if (error instanceof RequestTooLarge) return { status: 400, data: `Invalid request: ${error.message}` };
  if (error instanceof OutcomeUnknown) return { status: 500, data: 'Storage failed, and the outcome is not known' };
  return { status: 500, data: 'Storage failed' };
}

/** True for an error that an operator must see: the client did not cause it, and it does not go away by itself. */
export function isServerError(error: unknown): boolean {
  return errorReply(error).status === 500;
}
