import type { Runtime } from '@resonate/runtime';
import { BashTransport, HttpPush, type PushTransport } from '@resonate/transports';

/** A transport that is switched on, and how much it may have under way. */
export interface EnabledTransport {
  transport: PushTransport;
  /** Messages on their way to one target at once. */
  concurrency: number;
  /** Messages on their way to all targets together. */
  maxInFlight: number;
}

/** The transports that the configuration switches on. What is addressed to another one waits. */
export function createTransports(runtime: Runtime): EnabledTransport[] {
  return [httpPush(runtime), bash(runtime)].filter((enabled) => enabled !== null);
}

function httpPush({ config }: Runtime): EnabledTransport | null {
  const { enabled, concurrency, maxInFlight, connectTimeoutMs, requestTimeoutMs } = config.transports.httpPush;
  if (!enabled) return null;
  const transport = new HttpPush({ connectTimeoutMs, requestTimeoutMs, connectionsPerTarget: concurrency });
  return { transport, concurrency, maxInFlight };
}

/** Pushes that start a script at once, or wait for room to: what waits is out of other dispatchers' reach for a while. */
const STARTING = 4;

function bash({ config, logger, store }: Runtime): EnabledTransport | null {
  const { enabled, maxRunning, maxOutput, passEnv, tensorlake } = config.transports.bashExec;
  if (!enabled) return null;
  const transport = new BashTransport({
    execute: (request) => store.execute(request, null, 0),
    logger,
    ttlMs: config.tasks.leaseTimeoutMs,
    maxRunning,
    maxOutput,
    env: process.env,
    passEnv,
    tensorlake: {
      apiKey: tensorlake.apiKey ?? process.env['TENSORLAKE_API_KEY'] ?? null,
      apiUrl: tensorlake.apiUrl ?? 'https://api.tensorlake.ai',
      sandboxUrl: tensorlake.sandboxUrl,
    },
  });
  return { transport, concurrency: STARTING, maxInFlight: STARTING };
}
