import { type Service, ServiceGroup } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { StreamHub } from '@resonate/transports';
import { AdminApi } from './admin/admin.ts';
import { createAuth } from './auth/auth.ts';
import { HttpServer } from './http/http-server.ts';
import { createOpenConnections } from './open-connections.ts';
import { PollDelivery } from './poll-delivery.ts';

/**
 * The api role: the protocol over HTTP, workers' event streams and WebSockets, delivery over them, the admin API, and
 * health checks.
 */
export function createApi(runtime: Runtime): Service {
  const { httpPoll } = runtime.config.transports;
  const hub = new StreamHub({ ...httpPoll, maxStreams: httpPoll.maxConnections });
  const auth = createAuth(runtime);
  runtime.stats.streams = () => hub.groups();
  runtime.stats.left = () => hub.departed();
  const admin = new AdminApi(runtime, auth);
  const services = [
    ...(auth ? [auth] : []),
    new PollDelivery(runtime, hub),
    createOpenConnections(runtime, hub),
    admin.series,
    new HttpServer(runtime, hub, auth, (limits) => admin.routes(limits)),
    // Last, so that it stops first: open event streams of pages would keep the server from closing.
    admin.feed,
  ];
  return new ServiceGroup('api', services, runtime.logger);
}
