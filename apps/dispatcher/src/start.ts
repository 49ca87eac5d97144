import { type Service, ServiceGroup } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { createBacklog } from './backlog.ts';
import { observed } from './observed-transport.ts';
import { PushDelivery } from './push-delivery.ts';
import { createTransports } from './transports.ts';

/** The dispatcher role: takes due messages out of the outbox and hands them to the transports. */
export function createDispatcher(runtime: Runtime): Service {
  const deliveries = createTransports(runtime).map(
    (enabled) => new PushDelivery(runtime, { ...enabled, transport: observed(enabled.transport, runtime) }),
  );
  return new ServiceGroup('dispatcher', [createBacklog(runtime), ...deliveries], runtime.logger);
}
