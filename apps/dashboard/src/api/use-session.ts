import type { Session } from '@resonate/admin';
import { useEffect, useState } from 'preact/hooks';
import { serverNow, syncClock } from './server-clock.ts';
import { get } from './client.ts';
import { onTokenChange } from './token.ts';

/** The polling interval until the session is loaded. */
const FIRST_REFRESH_MS = 5_000;

let session: Session | undefined;
let hasFailed = false;
const listeners = new Set<() => void>();

/** The rights of the reader's token and the server's version; undefined until loaded. */
export function useSession(): Session | undefined {
  const [, setCount] = useState(0);
  useEffect(() => {
    const draw = () => setCount((count) => count + 1);
    listeners.add(draw);
    return () => void listeners.delete(draw);
  }, []);
  return session;
}

/** The polling interval without an event stream, ms. */
export function refreshMs(): number {
  return session?.refreshMs ?? FIRST_REFRESH_MS;
}

/** Loads the session once, and again with each new token. */
export function startSession(): void {
  void load();
  onTokenChange(() => void load());
}

/** Loads the session if it could not be loaded before. Call it when the server can be reached again. */
export function retrySession(): void {
  if (hasFailed) void load();
}

async function load(): Promise<void> {
  hasFailed = false;
  try {
    session = await get('/admin/session');
    if (Math.abs(session.now - serverNow()) > 1_000) syncClock(session.now);
  } catch {
    // Each page shows its own errors, and a missing token opens the dialog.
    session = undefined;
    hasFailed = true;
  }
  for (const listener of listeners) listener();
}
