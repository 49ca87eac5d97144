/** Settings that MySQL and MariaDB share. */

/** Without syncing: no test cuts the power, and a sync takes up to 10 ms. */
export const UNSYNCED = {
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-flush-method': 'nosync',
  'innodb-doublewrite': '0',
};

/** Settings for benchmarks: the durability of production. */
export const DURABLE_MYSQL = {
  'innodb-flush-log-at-trx-commit': '1',
  'innodb-flush-method': 'O_DIRECT',
  'innodb-doublewrite': '1',
};

/** `sync-binlog: 1` -> `--sync-binlog=1` */
export function flags(options: Record<string, string>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}
