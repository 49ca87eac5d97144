let offsetMs = 0;

/** Sets the server's time, so that "3 s ago" is right even if this machine's clock is wrong. @param now epoch ms */
export function syncClock(now: number): void {
  offsetMs = now - Date.now();
}

/** The server's time in epoch ms; this machine's time until the server's is known. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}
