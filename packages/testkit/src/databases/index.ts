export * from './mariadb.ts';
export * from './postgres.ts';
export * from './redis.ts';
