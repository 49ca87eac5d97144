import { RoleProcess, type RoleName } from '../../test/cluster/role-process.ts';
import type { Storage } from '../targets/storage.ts';

export type Counts = Record<RoleName, number>;

export interface Cluster {
  processes: Record<RoleName, RoleProcess[]>;
  stop(): Promise<void>;
}

/** Starts a cluster on an empty database, with the given number of processes of each role. */
export async function startCluster(storage: Storage, counts: Counts): Promise<Cluster> {
  const database = await storage.create();
  const env = { ...database.env, ...(await storage.clusterEnv?.()) };
  const start = (role: RoleName) =>
    Promise.all(Array.from({ length: counts[role] }, () => RoleProcess.start(role, env)));
  const processes = {
    api: await start('api'),
    scheduler: await start('scheduler'),
    dispatcher: await start('dispatcher'),
  };
  return {
    processes,
    async stop() {
      await Promise.all(Object.values(processes).flatMap((all) => all.map((process) => process.dispose())));
      await database.drop();
    },
  };
}
