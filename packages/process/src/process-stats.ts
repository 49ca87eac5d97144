import type { Counts, Metrics } from '@resonate/observability';

/** What a process tells the others of itself with each heartbeat; counts run since it started. */
export interface ProcessStats extends Counts {
  /** Messages that receivers took, and attempts that failed. */
  delivered: number;
  failed: number;
  /** Requests that wait for the store. */
  waiting: number;
  /** Workers' event streams by group, the largest groups. */
  streams: GroupCount[];
}

export interface GroupCount {
  group: string;
  count: number;
}

const MAX_GROUPS = 100;
const MAX_GROUP_NAME = 200;

/** Collects them. What is told of streams comes from whoever holds some. */
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

/** What another process has told; null when it has not, or in another version's words. */
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
