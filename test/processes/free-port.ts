import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (from 32,768 or 49,152 on): such a port, free a moment ago,
 * may be a connection's when a server wants to listen on it.
 */
const FIRST = 20_000;
const LAST = 32_000;
const handedOut = new Set<number>();

/** A TCP port on 127.0.0.1 nobody listens on right now: `preferred` if it is free, else any; none twice. */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred;
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
