import type { Request, RequestHandler } from 'express';
import { bearerToken, type Auth, type Verified } from '../auth/auth.ts';
import type { Principal } from '../auth/principal.ts';

type Permits = (principal: Principal, request: Request) => boolean;

/** The verified token of each request that has passed a guard. */
const verified = new WeakMap<Request, Verified>();

/**
 * Passes requests whose `Authorization: Bearer` token is valid and permits them. Others get a 401 or 403, or a 503 while
 * there are no keys to check tokens with.
 * @param auth null: every request passes.
 * @param refusal the message of a 403.
 */
export function guard(auth: Auth | null, permits: Permits, refusal = 'Forbidden'): RequestHandler {
  return async (request, response, next) => {
    if (!auth) {
      next();
      return;
    }
    const known = await auth.authenticate(bearerToken(request.headers.authorization));
    // The client has left meanwhile. A handler that waits for the end of the response would wait forever.
    if (response.destroyed) return;
    if (!known.ok) {
      if (known.status === 401) response.set('www-authenticate', 'Bearer');
      response.status(known.status).json({ error: known.message });
    } else if (!permits(known.token.principal, request)) {
      response.status(403).json({ error: refusal });
    } else {
      verified.set(request, known.token);
      next();
    }
  };
}

/** The prefix of the ids that a request may touch after it passed a guard; '' for all ids, also if auth is off. */
export function prefixOfRequest(request: Request): string {
  return verified.get(request)?.principal.prefix ?? '';
}

/** When the token of a request that passed a guard expires, epoch ms; null where auth is off. */
export function expiryOfRequest(request: Request): number | null {
  return verified.get(request)?.expiresAt ?? null;
}
