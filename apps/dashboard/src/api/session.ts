import type { Session } from '@resonate/admin';
import { useEffect, useState } from 'preact/hooks';
import { serverNow, syncClock } from '../parts/time.tsx';
import { get } from './client.ts';
import { onTokenChange } from './token.ts';

/** Until the server has said how often. */
const FIRST_REFRESH_MS = 5_000;

let session: Session | undefined;
const listeners = new Set<() => void>();

/** What the reader's token may do, and what server this is; undefined until it is known. */
export function useSession(): Session | undefined {
  const [, setCount] = useState(0);
  useEffect(() => {
    const draw = () => setCount((count) => count + 1);
    listeners.add(draw);
    return () => void listeners.delete(draw);
  }, []);
  return session;
}

/** How often to ask again while no events come. */
export function refreshMs(): number {
  return session?.refreshMs ?? FIRST_REFRESH_MS;
}

/** Asks once, and again with each new token. */
export function startSession(): void {
  void load();
  onTokenChange(() => void load());
}

async function load(): Promise<void> {
  try {
    session = await get<Session>('/admin/session');
    if (Math.abs(session.now - serverNow()) > 1_000) syncClock(session.now);
  } catch {
    // Each page says itself what it could not load, and a missing token opens the dialog.
    session = undefined;
  }
  for (const listener of listeners) listener();
}
