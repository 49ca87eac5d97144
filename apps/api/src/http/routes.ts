import express, { type Express, type Request, type Response } from 'express';
import type { Runtime } from '@resonate/runtime';
import type { StreamHub } from '@resonate/transports';
import type { Cors } from './cors.ts';
import { openStream } from './open-stream.ts';

/** The paths of the public server's first API, which no current client uses. */
const LEGACY = /^\/(promises|schedules|tasks)(\/.*)?$/;

/** Everything but `POST /`. */
export function createRoutes({ config, logger, metrics, store }: Runtime, hub: StreamHub, cors: Cors): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request, response, next) => {
    response.set(cors.headers(request.headers.origin) as Record<string, string>);
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
      await store.ping();
      response.json({ status: 'ready' });
    } catch (error) {
      logger.warn('not ready', { error });
      response.status(503).json({ status: 'unavailable', error: 'storage can not be reached' });
    }
  });
  // A base URL that ends in a slash makes clients ask for two of them.
  app.get(/^\/+poll\/([^/]+)\/([^/]+)$/, (request: Request, response: Response) => {
    const { '0': group = '', '1': id = '' } = request.params as Record<string, string>;
    if (!config.transports.httpPoll.enabled) {
      response.status(404).json({ error: 'the SSE poll transport is off' });
    } else if (request.method === 'HEAD') {
      // Express sends HEAD here too: a stream without a body would swallow messages.
      response.type('text/event-stream').end();
    } else if (!hub.hasPlaceFor(group, id)) {
      response.status(503).json({ error: 'too many streams are open' });
    } else {
      openStream(request, response, hub, { group, id }, () => metrics.sseConnections.set(hub.size));
    }
  });
  app.get('/cluster', async (_request, response) => {
    response.json({ now: await store.now(), processes: await store.processes() });
  });
  app.all(LEGACY, (_request, response) => {
    response.status(410).json({ error: 'this API is gone: POST the request to / instead' });
  });
  app.use((request, response) => {
    response.status(404).json({ error: `nothing at ${request.method} ${request.path}` });
  });
  app.use((error: Error & { status?: number }, _request: Request, response: Response, next: (error: Error) => void) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = error.status ?? 500;
    if (status >= 500) logger.error('request failed', { error });
    response.status(status).json({ error: status >= 500 ? 'internal error' : error.message });
  });
  return app;
}
