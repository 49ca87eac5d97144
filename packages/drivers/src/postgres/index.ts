export { Connections, type PostgresOptions } from './connections.ts';
export { unreachable } from './errors.ts';
export type { Prepared, Query } from './pipeline.ts';
export { Primary } from './primary.ts';
export { reindex } from './reindex.ts';
export { BEGIN, BEGIN_READING, COMMIT, type Session } from './session.ts';
