import { type Service, ServiceGroup } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { createBacklog } from './backlog.ts';
import { observed } from './observed-transport.ts';
import { PushDelivery } from './push-delivery.ts';
import { createTransports } from './transports.ts';

/** How many failing targets of each transport a process reports. */
const MAX_FAILING = 50;

/** The dispatcher role: claims due messages in the outbox and hands them to the transports. */
export function createDispatcher(runtime: Runtime): Service {
  const deliveries = createTransports(runtime).map(
    (enabled) => new PushDelivery(runtime, { ...enabled, transport: observed(enabled.transport, runtime) }),
  );
  runtime.stats.failing = () => deliveries.flatMap((delivery) => delivery.failing(MAX_FAILING));
  return new ServiceGroup('dispatcher', [createBacklog(runtime), ...deliveries], runtime.logger);
}
