import { beginAttempt, traceDelivery } from '@resonate/delivery';
import type { Runtime } from '@resonate/process';
import { Busy, type Outgoing, type PushTransport } from '@resonate/transports';

/**
 * Wraps a transport: counts and times each push. If tracing is on, each push gets a span, and the message carries its
 * context.
 */
export function observed(transport: PushTransport, runtime: Runtime): PushTransport {
  const { metrics } = runtime;
  const { name } = transport;
  // Create the metric now, so that it is 0 from the start.
  metrics.inFlight(name);
  return {
    name,
    close: () => transport.close(),
    async push(outgoing: Outgoing): Promise<void> {
      const { target } = outgoing;
      const span = runtime.tracing && (await traceDelivery(runtime, name, outgoing.message));
      const attempt = beginAttempt(runtime, name, target, outgoing.message, span);
      const { message } = attempt;
      const start = performance.now();
      try {
        await transport.push(span ? { ...outgoing, message, body: JSON.stringify(message) } : outgoing);
        attempt.end('taken');
      } catch (error) {
        attempt.end(error instanceof Busy ? 'busy' : 'failed', (error as Error).message);
        throw error;
      } finally {
        metrics.pushDuration.observe({ transport: name }, (performance.now() - start) / 1000);
      }
    },
  };
}
