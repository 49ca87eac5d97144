/** A server under measurement, started for one measurement and stopped after it. */
export interface RunningTarget {
  /** Where it takes requests. */
  url: string;
  /** Where its own counters are, when it has any. */
  metricsUrl?: string;
  /** Processes whose CPU time counts as the server's, and as its database's when that is one of its own. */
  pids: { server: number[]; database: number[] };
  stop(): Promise<void>;
}

/** Something to measure. To add a store or a cluster, implement this and list it in index.ts. */
export interface Target {
  name: string;
  /** Scenarios it can do; all when absent. */
  scenarios?: readonly string[];
  /** Starts it on fresh storage and resolves when it answers. */
  start(): Promise<RunningTarget>;
  /** Ends what it kept between measurements. */
  close?(): Promise<void>;
}
