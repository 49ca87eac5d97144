import { ServerProcess } from '../../test/processes/server-process.ts';
import type { Target } from './target.ts';

/** All roles in one process, nothing on disk: `resonate dev`. */
export const memory: Target = {
  name: 'memory',
  async start() {
    const server = await ServerProcess.start({ command: 'dev' });
    return {
      url: server.url,
      metricsUrl: server.metricsUrl,
      pids: { server: [server.pid], database: [] },
      stop: () => server.dispose(),
    };
  },
};
