import type { RequestCounts, Metrics } from '@resonate/observability';

/** What a process writes into its row with each heartbeat. Counts are totals since its start. */
export interface ProcessStats extends RequestCounts {
  /** Messages that were delivered, and attempts that failed. */
  delivered: number;
  failed: number;
  /** Requests that wait for the store. */
  waiting: number;
  /** The largest groups of workers' event streams. */
  streams: GroupCount[];
}

export interface GroupCount {
  group: string;
  count: number;
}

const MAX_GROUPS = 100;
const MAX_GROUP_NAME = 200;

/** Collects the statistics. The role that holds streams sets `streams`. */
export class StatsSource {
  streams: () => GroupCount[] = () => [];
  readonly #metrics: Metrics;
  readonly #waiting: () => number;

  constructor(metrics: Metrics, waiting: () => number) {
    this.#metrics = metrics;
    this.#waiting = waiting;
  }

  async read(): Promise<ProcessStats> {
    const { values } = await this.#metrics.deliveries.get();
    const of = (status: string) => values.find(({ labels }) => labels.status === status)?.value ?? 0;
    const groups = this.streams().sort((one, other) => other.count - one.count);
    return {
      ...this.#metrics.requestCounts,
      delivered: of('success'),
      failed: of('error'),
      waiting: this.#waiting(),
      streams: groups
        .slice(0, MAX_GROUPS)
        .map(({ group, count }) => ({ group: group.slice(0, MAX_GROUP_NAME), count })),
    };
  }
}

/** The statistics of another process; null if it has none, or if another version wrote them in another form. */
export function parseStats(text: string | undefined): ProcessStats | null {
  if (text === undefined) return null;
  try {
    const stats = JSON.parse(text) as Partial<ProcessStats>;
    const { requests, errors, settled, delivered, failed, waiting, times, streams } = stats;
    const numbers = [requests, errors, settled, delivered, failed, waiting];
    const isWhole =
      numbers.every((value) => typeof value === 'number') && Array.isArray(times) && Array.isArray(streams);
    return isWhole ? (stats as ProcessStats) : null;
  } catch {
    return null;
  }
}
