import {
  DURABLE_MARIADB,
  DURABLE_POSTGRES,
  freshMysqlDatabase,
  freshPostgresDatabase,
  startMariadb,
  startPostgres,
} from '@resonate/testkit';
import { databaseTarget } from './database-server.ts';

const startDurablePostgres = () => startPostgres(DURABLE_POSTGRES);
const startDurableMariadb = () => startMariadb(DURABLE_MARIADB);
const postgresServer = { type: 'postgres', start: startDurablePostgres, fresh: freshPostgresDatabase } as const;
const mariadbServer = { type: 'mysql', start: startDurableMariadb, fresh: freshMysqlDatabase } as const;

/** How many batches are in flight in the comparison with a database that is 1 ms away, or in another region. */
const IN_FLIGHT = [1, 2, 4, 8];

export const databases = [
  databaseTarget({ name: 'postgres', ...postgresServer }),
  databaseTarget({ name: 'mariadb', ...mariadbServer }),
  ...IN_FLIGHT.flatMap((count) =>
    [0, 1, 10].map((delayMs) =>
      databaseTarget({
        name: `postgres +${delayMs}ms x${count}`,
        ...postgresServer,
        delayMs,
        args: ['--storage-batches-in-flight', String(count)],
      }),
    ),
  ),
];
