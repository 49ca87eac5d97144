import {
  DURABLE_MARIADB,
  DURABLE_POSTGRES,
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startPostgres,
  startRedis,
} from '@resonate/testkit';
import { RoleProcess, type RoleName } from '../../test/cluster/role-process.ts';

export const DATABASES = ['postgres', 'mysql'] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** A database server, and Redis where it carries the wake-ups; clusters come and go on empty databases of it. */
export interface Site {
  /** Starts that many processes of each role on an empty database. */
  cluster(counts: Record<RoleName, number>): Promise<Cluster>;
  stop(): Promise<void>;
}

export interface Cluster {
  processes: Record<RoleName, RoleProcess[]>;
  stop(): Promise<void>;
}

export async function startSite(name: DatabaseName): Promise<Site> {
  const database = await (name === 'postgres' ? startPostgres(DURABLE_POSTGRES) : startMariadb(DURABLE_MARIADB));
  const redis = name === 'postgres' ? null : await startRedis();
  const fresh = name === 'postgres' ? freshPostgresDatabase : freshMysqlDatabase;
  return {
    async cluster(counts) {
      const { url, drop } = await fresh(database.url);
      const env = {
        RESONATE_STORAGE__TYPE: name,
        [`RESONATE_STORAGE__${name.toUpperCase()}__URL`]: url,
        ...(redis ? { RESONATE_WAKEUP__REDIS__URL: redis.url } : {}),
      };
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
          await drop();
        },
      };
    },
    async stop() {
      await redis?.stop();
      await database.stop();
    },
  };
}
