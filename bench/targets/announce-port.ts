import type { Server } from 'node:http';

/** Listens on a free port of this machine and prints it, for the bench that started this program. */
export function announcePort(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) console.log(`listening on ${address.port}`);
  });
}
