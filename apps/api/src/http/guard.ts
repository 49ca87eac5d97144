import type { Request, RequestHandler } from 'express';
import { bearerToken, type Auth, type Verified } from '../auth/auth.ts';
import type { Principal } from '../auth/principal.ts';

type Permits = (principal: Principal, request: Request) => boolean;

/** Express's mark on a request whose token was verified. */
const verified = new WeakMap<Request, Verified>();

/**
 * Lets a request pass whose `Authorization: Bearer` token holds and permits it; else 401, 403, or 503 while there are no
 * keys to check it with.
 * @param auth null: everything passes.
 * @param refusal what a 403 says.
 */
export function guard(auth: Auth | null, permits: Permits, refusal = 'Forbidden'): RequestHandler {
  return async (request, response, next) => {
    if (!auth) {
      next();
      return;
    }
    const known = await auth.authenticate(bearerToken(request.headers.authorization));
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

/** How the ids begin that a request which passed a guard may touch; '' for all, as where auth is off. */
export function prefixOfRequest(request: Request): string {
  return verified.get(request)?.principal.prefix ?? '';
}

/** When the token of a request that passed a guard expires, epoch ms; null where auth is off. */
export function expiryOfRequest(request: Request): number | null {
  return verified.get(request)?.expiresAt ?? null;
}
