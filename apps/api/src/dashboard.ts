import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import sirv from 'sirv';

/** No content from other sites, no inline scripts, no frames, because the page shows data that clients wrote. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Files below this path have a hash of their content in their names, so they may be cached forever. */
const HASHED = '/assets/';

/** The built page (`npm run build:ui`). The path is also correct in the bundle (scripts/bundle.ts). */
const BUILT = join(import.meta.dirname, '../../dashboard/dist');

/** Serves the dashboard's files below /ui. A path that is not a file gets the page, unless it has a file extension. */
export function dashboardRoutes(folder = BUILT): Router {
  const router = Router();
  const files = sirv(folder, {
    // Look up files at each request, because in a checkout the page may be rebuilt at any time. Requests are rare.
    dev: true,
    brotli: true,
    gzip: true,
    etag: true,
    single: true,
    setHeaders: (response, path) => {
      response.setHeader('cache-control', path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  router.use('/ui', (request, response, next) => {
    // Also sent with a 304, because browsers apply the headers of the newest answer to their cached page.
    response.set({ 'content-security-policy': PAGE_POLICY, 'referrer-policy': 'no-referrer' });
    if (request.method !== 'GET' && request.method !== 'HEAD') next();
    else if (existsSync(join(folder, 'index.html'))) files(request, response, next);
    else response.status(404).type('text').send('The dashboard is not built yet: npm run build:ui\n');
  });
  router.get('/', (request, response, next) => {
    if (request.accepts(['json', 'html']) === 'html') response.redirect('/ui/');
    else next();
  });
  return router;
}
