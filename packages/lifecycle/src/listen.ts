import { once } from 'node:events';
import type { Server } from 'node:net';
import type { Logger } from '@resonate/observability';

export interface ListenOptions {
  /** The address of this machine on which connections are accepted. */
  bind: string;
  /** 0: any free port. */
  port: number;
  /** The option that sets the port. The error names it, because it says what to change. */
  option: string;
  logger: Logger;
}

/**
 * Opens the port of a server.
 * @returns the port: a real one also if `port` is 0.
 * @throws an Error that names the address and the option, for example if the port is in use.
 */
export async function listen(server: Server, { bind, port, option, logger }: ListenOptions): Promise<number> {
  try {
    await once(server.listen(port, bind), 'listening');
  } catch (error) {
    throw new Error(`cannot listen on ${bind}:${port} (${option}): ${(error as Error).message}`, { cause: error });
  }
  const address = server.address();
  const opened = typeof address === 'object' && address !== null ? address.port : port;
  // For example, the process has too many open files. An error without a listener would end the process.
  server.on('error', (error) => logger.warn('a connection could not be accepted', { port: opened, error }));
  return opened;
}
