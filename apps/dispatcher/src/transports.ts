import type { Runtime } from '@resonate/runtime';
import { HttpPush, type PushTransport } from '@resonate/transports';

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
  return [httpPush(runtime)].filter((enabled) => enabled !== null);
}

function httpPush({ config }: Runtime): EnabledTransport | null {
  const { enabled, concurrency, maxInFlight, connectTimeoutMs, requestTimeoutMs } = config.transports.httpPush;
  if (!enabled) return null;
  const transport = new HttpPush({ connectTimeoutMs, requestTimeoutMs, connectionsPerTarget: concurrency });
  return { transport, concurrency, maxInFlight };
}
