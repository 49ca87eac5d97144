/** A server under measurement, started for one measurement and stopped after it. */
export interface RunningTarget {
  /** The URL for requests. */
  url: string;
  /** The URLs of its processes' metrics, if it has any. */
  metricsUrls?: string[];
  /** Processes whose CPU time counts as the server's, and those that count as the database's. */
  pids: { server: number[]; database: number[] };
  stop(): Promise<void>;
}

/** Something to measure. */
export interface Target {
  name: string;
  /** Starts it and resolves when it answers. */
  start(): Promise<RunningTarget>;
  /** Stops what was kept running between measurements. */
  close?(): Promise<void>;
}
