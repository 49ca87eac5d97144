export { giveToServer, type TestServer } from './owned-server.ts';
export * from './mariadb.ts';
export * from './postgres.ts';
export * from './redis.ts';
export * from './tcp-proxy.ts';
