import { beginAttempt, traceDelivery } from '@resonate/delivery';
import type { Runtime } from '@resonate/process';
import { Busy, type Outgoing, type PushTransport } from '@resonate/transports';

/** A transport that counts and times each push. If traces are on, it also sends a span's context along. */
export function observed(transport: PushTransport, runtime: Runtime): PushTransport {
  const { metrics } = runtime;
  const { name } = transport;
  // So that the metric exists from the start, as 0.
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
