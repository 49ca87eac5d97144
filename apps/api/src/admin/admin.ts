import { openApi } from '@resonate/admin';
import type { Runtime } from '@resonate/process';
import type { Router } from 'express';
import type { Auth } from '../auth/auth.ts';
import { countsHandler } from './counts.ts';
import { cronHandler } from './cron.ts';
import { deadLetterHandlers } from './dead-letters.ts';
import { ChangeFeed } from './events.ts';
import { jobHandlers } from './jobs.ts';
import type { MemoryLimits } from '../http/bodies.ts';
import { mount } from './mount.ts';
import { overviewHandler } from './overview.ts';
import { promiseHandlers } from './promises.ts';
import { Series } from './series.ts';
import { sessionHandler } from './session.ts';
import { whyHandlers } from './why/handlers.ts';

/** Everything below /admin, with the services behind it. */
export class AdminApi {
  readonly series: Series;
  readonly feed: ChangeFeed;
  readonly #runtime: Runtime;
  readonly #auth: Auth | null;

  constructor(runtime: Runtime, auth: Auth | null) {
    this.#runtime = runtime;
    this.#auth = auth;
    this.series = new Series(runtime);
    this.feed = new ChangeFeed(runtime);
  }

  routes(limits: MemoryLimits): Router {
    const handlers = {
      ...sessionHandler(this.#runtime, this.#auth),
      ...overviewHandler(this.#runtime, this.series),
      ...countsHandler(this.#runtime),
      ...promiseHandlers(this.#runtime),
      ...whyHandlers(this.#runtime),
      ...deadLetterHandlers(this.#runtime),
      ...jobHandlers(this.#runtime),
      ...cronHandler(this.#runtime),
      ...this.feed.handler(),
    };
    const router = mount(handlers, this.#auth, limits);
    const document = openApi();
    // No guard, because the document is public: it is in the docs, too.
    router.get('/admin/openapi.json', (_request, response) => void response.json(document));
    return router;
  }
}
