export { giveToServer, type TestServer } from './owned-server.ts';
export * from './mariadb.ts';
export * from './mysql.ts';
export * from './mysql-or-mariadb.ts';
export { DURABLE_MYSQL } from './mysql-settings.ts';
export * from './postgres.ts';
export * from './postgres-pair.ts';
export * from './redis.ts';
export * from './tcp-proxy.ts';
