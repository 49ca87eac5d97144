import type { StorageTarget } from '@resonate/store';

/** An empty database, as a server is told of it and as a program opens it. */
export interface Database {
  /** Settings of the processes that use it. */
  env: Record<string, string>;
  target: StorageTarget;
  /** Processes of the database; none where it is in the server's. */
  pids(): number[];
  /** Does now what it does in the background after many writes, so that it is not measured: cleaning up, statistics. */
  settle(): Promise<void>;
  drop(): Promise<void>;
}

/** Where promises are kept. To add one, implement this and list it in index.ts. */
export interface Storage {
  name: string;
  create(): Promise<Database>;
  /** Further settings that several processes on it need. */
  clusterEnv?(): Promise<Record<string, string>>;
  /** Ends what it kept between databases. */
  close?(): Promise<void>;
}
