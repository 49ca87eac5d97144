/** One process of the cluster, as it describes itself to the others. */
export interface ProcessInfo {
  id: string;
  /** `all`, `api`, `scheduler` or `dispatcher`. */
  role: string;
  version: string;
  host: string;
  startedAt: number;
  /** True while it is the leader (`elect`). */
  leader: boolean;
  /** Its statistics, as JSON that the store does not read. */
  stats?: string | undefined;
}

export interface ProcessRow extends ProcessInfo {
  heartbeatAt: number;
}
