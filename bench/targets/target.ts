/** A server under measurement, started for one measurement and stopped after it. */
export interface RunningTarget {
  /** Where it takes requests. */
  url: string;
  /** Where its processes' own counters are, when it has any. */
  metricsUrls?: string[];
  /** Processes whose CPU time counts as the server's, and as its database's when that is one of its own. */
  pids: { server: number[]; database: number[] };
  stop(): Promise<void>;
}

/** Something to measure. */
export interface Target {
  name: string;
  /** Starts it and resolves when it answers. */
  start(): Promise<RunningTarget>;
  /** Ends what it kept between measurements. */
  close?(): Promise<void>;
}
