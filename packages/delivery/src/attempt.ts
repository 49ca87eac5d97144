import { promiseIdOf, type Message } from '@resonate/protocol';
import type { AttemptOutcome } from '@resonate/observability';
import { rowOf, type Delivery } from '@resonate/store';
import { traced, type Carrier, type Runtime, type RuntimeWith, type ServerTracing } from '@resonate/process';

type DeliverySpan = ReturnType<ServerTracing['delivery']> | null;

/** One attempt to deliver a message, while it runs. */
export interface Attempt {
  /** The message to send. If traces are on, its head has the trace context. */
  message: Message;
  /** Must be called once. */
  end(outcome: AttemptOutcome, error?: string): void;
}

/** Counts a message that is handed to a transport. For its first attempt, also measures how late it is. */
export function handedOver(
  { metrics, store }: RuntimeWith<'metrics', 'clock'>,
  transport: string,
  delivery: Delivery,
): void {
  metrics.messages.inc({ kind: delivery.kind });
  const { attempts, enqueuedAt } = rowOf(delivery);
  if (attempts > 1 || enqueuedAt === null) return;
  metrics.deliveryLatency.observe({ transport }, Math.max(0, store.clock.now() - enqueuedAt) / 1000);
}

/** Begins an attempt. Its end is counted and logged, and ends `span`, if given. */
export function beginAttempt(
  runtime: Pick<Runtime, 'logger' | 'metrics'>,
  transport: string,
  target: string,
  message: Message,
  span: DeliverySpan = null,
): Attempt {
  const { logger, metrics } = runtime;
  const inFlight = metrics.inFlight(transport);
  inFlight.begin(target);
  const start = performance.now();
  return {
    message: span ? traced(message, span) : message,
    end(outcome, error) {
      inFlight.end(target);
      metrics.countAttempt(transport, message.kind, outcome);
      span?.end({ 'resonate.outcome': outcome }, error);
      if (logger.level !== 'debug') return;
      const ms = Math.round((performance.now() - start) * 1000) / 1000;
      logger.debug('delivery', { transport, kind: message.kind, id: promiseIdOf(message), target, outcome, ms, error });
    },
  };
}

/**
 * The span of an attempt, a child of the span that created the message's promise; null if traces are off. Never
 * rejects.
 */
export async function traceDelivery(
  runtime: RuntimeWith<'tracing', 'execute'>,
  transport: string,
  message: Message,
): Promise<DeliverySpan> {
  const { tracing } = runtime;
  return tracing && tracing.delivery(transport, message, await paramHeaders(runtime, message));
}

async function paramHeaders({ store }: RuntimeWith<never, 'execute'>, message: Message): Promise<Carrier | undefined> {
  if (message.kind === 'unblock') return message.data.promise.param.headers;
  // The headers are not in a task's row, so read the promise. Reads that start in the same turn of the event loop share
  // a batch.
  const reply = await store.execute({ kind: 'promise.get', data: { id: message.data.task.id } }, null, 0);
  if (reply.status !== 200) return undefined;
  return (reply.data as { promise: { param: { headers?: Carrier } } }).promise.param.headers;
}
