import type { StorageTarget } from '@resonate/store';

/** An empty database: how a server is configured to use it, and how a program opens it. */
export interface Database {
  /** Environment variables for the processes that use it. */
  env: Record<string, string>;
  target: StorageTarget;
  /** Processes of the database; none if it is inside the server's process. */
  pids(): number[];
  /** Does the background work that follows many writes (cleaning up, statistics) now, so that it is not measured. */
  settle(): Promise<void>;
  /** The space that each table takes with its indexes. */
  bytes(): Promise<Map<string, number>>;
  drop(): Promise<void>;
}

/** A kind of database. To add one, implement this and list it in index.ts. */
export interface Storage {
  name: string;
  create(): Promise<Database>;
  /** Further environment variables that a cluster on this storage needs. */
  clusterEnv?(): Promise<Record<string, string>>;
  /** Stops what was kept running between databases. */
  close?(): Promise<void>;
}
