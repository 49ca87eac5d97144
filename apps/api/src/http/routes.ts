import express, { type Express, type Request, type RequestHandler, type Response, type Router } from 'express';
import { StoreUnavailable } from '@resonate/drivers';
import { atMostEvery } from '@resonate/observability';
import { standing, type RuntimeWith } from '@resonate/process';
import { pollNamesError } from '@resonate/protocol';
import type { StreamHub } from '@resonate/transports';
import type { Auth } from '../auth/auth.ts';
import { mayDoAll, mayJoin, type Principal } from '../auth/principal.ts';
import { dashboardRoutes } from '../dashboard.ts';
import type { Cors } from './cors.ts';
import { endAt } from '../limits/end-at.ts';
import { expiryOfRequest, guard } from './guard.ts';
import { openStream } from './open-stream.ts';
import { Refusal } from './refusal.ts';
import { PAGE_HEADERS } from './security-headers.ts';

type Context = RuntimeWith<'clock' | 'config' | 'logger' | 'metrics', 'cluster' | 'now' | 'ready'>;

const NOT_READY_EVERY_MS = 10_000;

/** The paths of the public server's first API. No current client uses it. */
const LEGACY = /^\/(promises|schedules|tasks)(\/.*)?$/;

/** Every path except `POST /`. @param auth null: every request is accepted. @param admin the routes below /admin. */
export function createRoutes(runtime: Context, hub: StreamHub, cors: Cors, auth: Auth | null, admin: Router): Express {
  const { config, logger, store } = runtime;
  // Anyone may ask, so an outage must not fill the log.
  const notReady = atMostEvery(NOT_READY_EVERY_MS, (error: unknown) => logger.warn('not ready', { error }));
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request, response, next) => {
    response.set({ ...PAGE_HEADERS, ...cors.headers(request.headers.origin) } as Record<string, string>);
    next();
  });
  app.options(/.*/, (request, response) => {
    const { origin, 'access-control-request-headers': requested } = request.headers;
    response.set(cors.preflight(origin, requested) as Record<string, string>);
    response.status(204).end();
  });
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/ready', async (_request, response) => {
    try {
      await store.ready();
      response.json({ status: 'ready' });
    } catch (error) {
      notReady(error);
      response.status(503).json({ status: 'unavailable', error: 'storage is unavailable' });
    }
  });
  // Several slashes are accepted, because clients with a base URL that ends in a slash send two.
  app.get(/^\/+poll\/([^/]+)\/([^/]+)$/, guard(auth, mayJoinGroup), poll(runtime, hub));
  app.get(/^\/+connect\/([^/]+)\/([^/]+)$/, (_request, response) => {
    response.set({ upgrade: 'websocket', connection: 'upgrade' });
    response.status(426).json({ error: 'connect with a WebSocket' });
  });
  app.get('/cluster', guard(auth, mayDoAll), async (_request, response) => {
    const processes = await store.cluster.processes();
    const now = await store.now();
    // Without statistics: the admin API has them (GET /admin/overview).
    response.json({ now, processes: processes.map((row) => ({ ...row, ...standing(row, now), stats: undefined })) });
  });
  app.use(admin);
  if (config.ui.enabled) app.use(dashboardRoutes());
  app.all(LEGACY, (_request, response) => {
    response.status(410).json({ error: 'this API no longer exists: POST the request to / instead' });
  });
  app.use((request, response) => {
    response.status(404).json({ error: `There is no endpoint at ${request.method} ${request.path}` });
  });
  app.use((error: Error & { status?: number }, _request: Request, response: Response, next: (error: Error) => void) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    // The same text as in answers to the protocol's requests (protocol section 3).
    if (error instanceof StoreUnavailable) {
      response.status(503).json({ error: 'storage is unavailable' });
      return;
    }
    if (error instanceof Refusal) {
      response.status(error.status).json({ error: error.message });
      return;
    }
    const status = error.status ?? 500;
    if (status >= 500) logger.error('request failed', { error });
    response.status(status).json({ error: status >= 500 ? 'internal error' : error.message });
  });
  return app;
}

function streamOf({ params }: Request): { group: string; id: string } {
  const { '0': group = '', '1': id = '' } = params as Record<string, string>;
  return { group, id };
}

function mayJoinGroup(principal: Principal, request: Request): boolean {
  return mayJoin(principal, streamOf(request).group);
}

/** Workers' event streams (protocol section 6). */
function poll({ config, clock, metrics }: Context, hub: StreamHub): RequestHandler {
  return (request, response) => {
    const { group, id } = streamOf(request);
    const invalid = pollNamesError(group, id);
    if (!config.transports.httpPoll.enabled) {
      response.status(404).json({ error: 'event streams are disabled (transports.http_poll.enabled)' });
    } else if (invalid !== null) {
      response.status(400).json({ error: invalid });
    } else if (request.method === 'HEAD') {
      // Express handles HEAD with this route, too. A stream without a body would swallow messages.
      response.type('text/event-stream').end();
    } else if (!hub.hasPlaceFor(group, id)) {
      response.status(503).json({ error: 'too many streams are open' });
    } else {
      openStream(request, response, hub, { group, id }, metrics.sseConnections);
      endAt(expiryOfRequest(request), response, clock);
    }
  };
}
