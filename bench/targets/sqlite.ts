import { ServerProcess } from '../../test/processes/server-process.ts';
import type { Target } from './target.ts';

/** All roles in one process on a fresh SQLite file: `resonate serve` with its defaults. */
export const sqlite: Target = {
  name: 'sqlite',
  async start() {
    const server = await ServerProcess.start();
    return {
      url: server.url,
      metricsUrl: server.metricsUrl,
      pids: { server: [server.pid], database: [] },
      stop: () => server.dispose(),
    };
  },
};
