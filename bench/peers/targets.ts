import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/processes/free-port.ts';
import { Spawned } from '../../test/processes/spawned.ts';
import { until } from '../../test/processes/until.ts';
import { postgres } from '../targets/databases.ts';
import type { Target } from '../targets/target.ts';
import { installPeers } from './install.ts';
import { ADMIN } from './workflows/restate.ts';

const READY_WITHIN_MS = 60_000;

/** Restate's server with its defaults, on an empty directory. It syncs its log. */
export const restate: Target = {
  name: 'restate',
  async start() {
    await installPeers();
    const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
    const directory = await mkdtemp(join(tmpdir(), 'restate-bench-'));
    const server = new Spawned(restateServer(), ['--base-dir', directory, '--no-logo'], {
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(node),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
    });
    const adminUrl = `http://127.0.0.1:${admin}`;
    const ingressUrl = `http://127.0.0.1:${ingress}`;
    const stop = async () => {
      await server.kill9();
      await rm(directory, { recursive: true, force: true });
    };
    try {
      await until('Restate is ready', READY_WITHIN_MS, async () => {
        if (!server.running) return true;
        return (await isOk(`${adminUrl}/health`)) && (await isOk(`${ingressUrl}/restate/health`));
      });
      if (!server.running) throw new Error(`Restate ended:\n${server.output()}`);
    } catch (error) {
      await stop();
      throw error;
    }
    const url = `${ingressUrl}/?${new URLSearchParams({ [ADMIN]: adminUrl }).toString()}`;
    return { url, pids: { server: [server.pid], database: [] }, stop };
  },
};

/** DBOS is a library, so only Postgres is started. It is the same Postgres that this server is measured on. */
export const dbos: Target = {
  name: 'dbos',
  async start() {
    await installPeers();
    const database = await postgres.create();
    if (database.target.type === 'sqlite') throw new Error('DBOS needs Postgres');
    return {
      url: database.target.url,
      pids: { server: [], database: database.pids() },
      stop: () => database.drop(),
    };
  },
};

/** The path of Restate's binary. The package has one for each platform. */
function restateServer(): string {
  const { resolve } = createRequire(join(import.meta.dirname, 'package.json'));
  return resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
}

async function isOk(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
  await answer.body?.cancel();
  return answer.ok;
}
