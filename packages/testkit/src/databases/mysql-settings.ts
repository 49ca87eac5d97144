/** Settings that MySQL and MariaDB share. */

/** No test cuts the power, and some disks take 10 ms to sync. */
export const UNSYNCED = {
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-flush-method': 'nosync',
  'innodb-doublewrite': '0',
};

/** Settings for what measures: the durability of production. */
export const DURABLE_MYSQL = {
  'innodb-flush-log-at-trx-commit': '1',
  'innodb-flush-method': 'O_DIRECT',
  'innodb-doublewrite': '1',
};

/** `sync-binlog: 1` -> `--sync-binlog=1` */
export function flags(options: Record<string, string>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}
