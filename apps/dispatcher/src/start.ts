import { type Service, ServiceGroup } from '@resonate/lifecycle';
import { MAX_FAILING, type Runtime } from '@resonate/process';
import { createBacklog } from './backlog.ts';
import { observed } from './observed-transport.ts';
import { PushDelivery } from './push-delivery.ts';
import { createTransports } from './transports.ts';

/** The dispatcher role: claims due messages in the outbox and hands them to the transports. */
export function createDispatcher(runtime: Runtime): Service {
  const deliveries = createTransports(runtime).map(
    (enabled) => new PushDelivery(runtime, { ...enabled, transport: observed(enabled.transport, runtime) }),
  );
  // Each transport has a share, so that the failures of one do not hide those of another.
  const share = Math.ceil(MAX_FAILING / Math.max(1, deliveries.length));
  runtime.stats.failing = () => deliveries.flatMap((delivery) => delivery.failing(share));
  // Each one waits up to 2 s for its pushes. One after the other, four would exceed the time that a process has to stop.
  const stopsAtOnce = true;
  return new ServiceGroup('dispatcher', [createBacklog(runtime), ...deliveries], runtime.logger, { stopsAtOnce });
}
