import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import sirv from 'sirv';

/** No content from other sites, no inline scripts, no frames: the page shows data that clients wrote. */
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

/** Their names contain a hash of their content. */
const HASHED = '/assets/';

/** Where `npm run build` puts the page in a package, and `npm run build:ui` in a checkout. */
const FOLDERS = ['../../../../ui', '../../../dashboard/dist'].map((folder) => join(import.meta.dirname, folder));

function builtFolder(): string {
  const [packaged, built] = FOLDERS as [string, string];
  return existsSync(packaged) ? packaged : built;
}

/** The dashboard's files, below /ui; every path that names no file is the page, but for those with a file's extension. */
export function dashboardRoutes(folder = builtFolder()): Router {
  const router = Router();
  const files = sirv(folder, {
    // Files are looked up at each request. Requests are rare, and in a checkout the page may be built again at any time.
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
