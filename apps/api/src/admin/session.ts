import { enabledTransports, type Runtime, type RuntimeWith, VERSION } from '@resonate/process';
import type { Auth } from '../auth/auth.ts';
import { expiryOfRequest } from '../http/guard.ts';
import type { Handlers } from './mount.ts';

/** How often a page polls while it gets no events. */
const REFRESH_MS = 5_000;

export function sessionHandler(
  { config, store }: RuntimeWith<'config', 'now'>,
  auth: Auth | null,
): Pick<Handlers, 'session'> {
  return {
    async session(_input, { prefix, request }) {
      const expiresAt = expiryOfRequest(request);
      return {
        prefix,
        isAdmin: prefix === '',
        authEnabled: auth !== null,
        ...(expiresAt !== null && Number.isSafeInteger(expiresAt) && { expiresAt }),
        maySearch: maySearch(config, prefix),
        version: VERSION,
        now: await store.now(),
        transports: enabledTransports(config),
        refreshMs: REFRESH_MS,
      };
    },
  };
}

/** Whether a token with this prefix may list promises and tasks. The same rule as for the protocol's searches. */
export function maySearch({ auth }: Runtime['config'], prefix: string): boolean {
  return prefix === '' || auth.searchPrefix === 'filter';
}
