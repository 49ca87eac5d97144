/** One process of the cluster, as it tells the others of itself. */
export interface ProcessInfo {
  id: string;
  /** `all`, `api`, `scheduler` or `dispatcher`. */
  role: string;
  version: string;
  host: string;
  startedAt: number;
  /** True while it leads (`elect`). */
  leader: boolean;
  /** What it tells of itself: a little JSON, which the store does not look into. */
  stats?: string;
}

export interface ProcessRow extends ProcessInfo {
  heartbeatAt: number;
}
