import { RoleProcess, type RoleName } from '../../test/cluster/role-process.ts';
import { RESONATE, ServerProcess } from '../../test/processes/server-process.ts';
import type { Database, Storage } from './storage.ts';
import type { Target } from './target.ts';

export const SHAPES = ['single', 'cluster'] as const;

/** `single`: all roles in one process. `cluster`: one process each for api, scheduler and dispatcher. */
export type Shape = (typeof SHAPES)[number];

/** Server processes on a database. */
interface Server {
  url: string;
  metricsUrls: string[];
  pids: number[];
  stop(): Promise<void>;
}

async function startSingle({ env }: Database, binary: string): Promise<Server> {
  const server = await ServerProcess.start({ storage: [], env, binary });
  return { url: server.url, metricsUrls: [server.metricsUrl], pids: [server.pid], stop: () => server.dispose() };
}

async function startCluster({ env }: Database): Promise<Server> {
  const processes: RoleProcess[] = [];
  const started = async (role: RoleName) => {
    const process = await RoleProcess.start(role, env);
    processes.push(process);
    return process;
  };
  const stop = async () => {
    await Promise.all(processes.map((process) => process.dispose()));
  };
  try {
    const { url } = await started('api');
    await started('scheduler');
    await started('dispatcher');
    return {
      url,
      metricsUrls: processes.map(({ metricsUrl }) => `${metricsUrl}/metrics`),
      pids: processes.map(({ pid }) => pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server on an empty database. Each start gets a new one. */
export function serverOn(storage: Storage, shape: Shape): Target {
  return {
    name: shape === 'single' ? storage.name : `${storage.name} cluster`,
    start: async () => start(await storage.create(), storage, shape, true),
  };
}

/** Another version of the server, in one process. @param binary its `resonate` command. */
export function versionOn(storage: Storage, binary: string): Target {
  return { name: storage.name, start: async () => start(await storage.create(), storage, 'single', true, binary) };
}

/** The server on a database that `fill` has filled. All starts use the same database. */
export function serverOnFilled(storage: Storage, name: string, fill: (database: Database) => Promise<void>): Target {
  let filling: Promise<Database> | undefined;
  const filled = async () => {
    const database = await storage.create();
    await fill(database);
    return database;
  };
  return {
    name: `${storage.name}, ${name}`,
    start: async () => start(await (filling ??= filled()), storage, 'single', false),
    close: async () => (await filling)?.drop(),
  };
}

async function start(database: Database, storage: Storage, shape: Shape, dropsIt: boolean, binary = RESONATE) {
  const env = shape === 'cluster' ? { ...database.env, ...(await storage.clusterEnv?.()) } : database.env;
  const dropped = async () => (dropsIt ? database.drop() : undefined);
  const started = shape === 'single' ? startSingle({ ...database, env }, binary) : startCluster({ ...database, env });
  const server = await started.catch(async (error: unknown) => {
    await dropped();
    throw error;
  });
  return {
    url: server.url,
    metricsUrls: server.metricsUrls,
    pids: { server: server.pids, database: database.pids() },
    async stop() {
      await server.stop();
      await dropped();
    },
  };
}
