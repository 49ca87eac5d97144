import { fileURLToPath } from 'node:url';
import { Spawned } from '../../test/processes/spawned.ts';
import type { Target } from './target.ts';

const SERVER = fileURLToPath(new URL('./ceiling-server.ts', import.meta.url));

/** A server that does nothing but answer: what the load generator and Node's HTTP can do at most on this machine. */
export const ceiling: Target = {
  name: 'bare node:http',
  async start() {
    const server = new Spawned(process.execPath, [SERVER]);
    const line = await server.line('its port', (text) => text.startsWith('listening on '), 10_000);
    return {
      url: `http://127.0.0.1:${line.slice('listening on '.length)}`,
      pids: { server: [server.pid], database: [] },
      stop: () => server.kill9(),
    };
  },
};
