import type { Logger } from '@resonate/observability';
import type { Service } from './service.ts';

export interface RunOptions {
  /** How long a clean stop may take. */
  shutdownTimeoutMs: number;
  logger: Logger;
}

/** A second signal within this time is ignored: under npm one Ctrl-C arrives twice, from the terminal and from npm. */
const ECHO_MS = 500;

/**
 * Runs a service as the main program of this process: starts it, stops it on SIGTERM or SIGINT, and ends the process.
 * The exit code is 0 after a clean stop. It is 1 if the service did not start, did not stop in time or failed to stop.
 * It is also 1 after a second signal (at least half a second after the first), and after an uncaught error, because
 * then the state of the process is unknown.
 */
export async function runUntilSignal(service: Service, { shutdownTimeoutMs, logger }: RunOptions): Promise<void> {
  const die = (msg: string) => (error: unknown) => {
    logger.error(msg, { error });
    process.exit(1);
  };
  process.on('uncaughtException', die('uncaught exception'));
  process.on('unhandledRejection', die('unhandled rejection'));

  let stoppingSince: number | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stoppingSince !== null) {
      if (performance.now() - stoppingSince < ECHO_MS) return;
      logger.warn('second signal, exiting at once', { signal });
      process.exit(1);
    }
    stoppingSince = performance.now();
    logger.info('shutting down', { signal });
    setTimeout(() => {
      logger.error('shutdown took too long, exiting', { shutdownTimeoutMs });
      process.exit(1);
    }, shutdownTimeoutMs);
    service.stop().then(() => {
      logger.info('stopped');
      process.exit(0);
    }, die('did not stop cleanly'));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  try {
    await service.start();
  } catch (error) {
    // If the service was stopped while it started, the stop decides the exit code.
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- a signal sets it meanwhile
    if (stoppingSince === null) die('could not start')(error);
  }
}
