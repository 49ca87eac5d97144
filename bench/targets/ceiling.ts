import { fileURLToPath } from 'node:url';
import { Spawned } from '../../test/processes/spawned.ts';
import type { Storage } from './storage.ts';
import type { RunningTarget, Target } from './target.ts';

/** A server that only answers. It shows the maximum that the load generator and Node's HTTP can do on this machine. */
export const ceiling: Target = {
  name: 'bare node:http',
  start: () => startBare('./ceiling-server.ts', []),
};

/** A server that only inserts a row and answers. It shows the maximum rate of durable creates on this machine. */
export function insertCeiling(storage: Storage): Target {
  return {
    name: `bare ${storage.name}`,
    async start() {
      const database = await storage.create();
      const { target } = database;
      const where = target.type === 'sqlite' ? target.path : target.url;
      const bare = await startBare('./bare-insert-server.ts', [target.type, where]).catch(async (error: unknown) => {
        await database.drop();
        throw error;
      });
      return {
        url: bare.url,
        pids: { ...bare.pids, database: database.pids() },
        async stop() {
          await bare.stop();
          await database.drop();
        },
      };
    },
  };
}

async function startBare(script: string, args: string[]): Promise<RunningTarget> {
  const server = new Spawned(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args]);
  const line = await server.ready('its port', (text) => text.startsWith('listening on '), 10_000);
  return {
    url: `http://127.0.0.1:${line.slice('listening on '.length)}`,
    pids: { server: [server.pid], database: [] },
    stop: () => server.kill9(),
  };
}
