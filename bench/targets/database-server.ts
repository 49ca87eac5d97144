import type { TestDatabase, TestServer } from '@resonate/testkit';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { delayProxy } from './delay-proxy.ts';
import type { RunningTarget, Target } from './target.ts';

export interface DatabaseTargetOptions {
  name: string;
  /** `storage.type`. */
  type: 'postgres' | 'mysql';
  start(): Promise<TestServer>;
  fresh(serverUrl: string): Promise<TestDatabase>;
  /** Added to each answer of the database, as if it were that far away. */
  delayMs?: number;
  /** Further server arguments. */
  args?: readonly string[];
}

/**
 * All roles in one process on a database server of this machine: one server for the whole run, an empty database for
 * each measurement.
 */
export function databaseTarget(options: DatabaseTargetOptions): Target {
  const { name, type, delayMs = 0, args = [] } = options;
  let starting: Promise<TestServer> | null = null;
  return {
    name,
    async start(): Promise<RunningTarget> {
      starting ??= options.start();
      const database = await starting;
      const fresh = await options.fresh(database.url);
      const proxy = delayMs > 0 ? await delayProxy(fresh.url, delayMs) : null;
      const storage = ['--storage-type', type, `--storage-${type}-url`, proxy?.url ?? fresh.url];
      const server = await ServerProcess.start({ storage, args });
      return {
        url: server.url,
        metricsUrl: server.metricsUrl,
        pids: { server: [server.pid], database: database.pids() },
        async stop() {
          await server.dispose();
          await proxy?.stop();
          await fresh.drop();
        },
      };
    },
    async close() {
      await (await starting)?.stop();
    },
  };
}
