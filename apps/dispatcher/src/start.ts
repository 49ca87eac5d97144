import type { Runtime } from '@resonate/runtime';
import { ServiceGroup, type Service } from '@resonate/service';
import { HttpPush } from '@resonate/transports';
import { createBacklog } from './backlog.ts';
import { PushDelivery } from './push-delivery.ts';

/** The dispatcher role: takes due messages out of the outbox and hands them to the transports. */
export function createDispatcher(runtime: Runtime): Service {
  const { httpPush } = runtime.config.transports;
  const transport = new HttpPush({
    connectTimeoutMs: httpPush.connectTimeoutMs,
    requestTimeoutMs: httpPush.requestTimeoutMs,
    connectionsPerTarget: httpPush.concurrency,
  });
  return new ServiceGroup('dispatcher', [createBacklog(runtime), new PushDelivery(runtime, transport)], runtime.logger);
}
