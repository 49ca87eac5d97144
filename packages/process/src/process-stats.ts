import type { RequestCounts, Metrics } from '@resonate/observability';

/** What a process writes into its row with each heartbeat. Counts are totals since its start. */
export interface ProcessStats extends RequestCounts {
  /** Messages that were delivered, and attempts that failed. */
  delivered: number;
  failed: number;
  /** Requests that wait for the store. */
  waiting: number;
  /** The largest groups of workers, with their numbers of event streams. */
  streams: GroupCount[];
  /** True if `streams` lacks groups. Processes of older versions do not write this field. */
  isStreamsPartial?: boolean | undefined;
  /**
   * Groups that workers left within the last hour, latest first. Processes of older versions do not write this field.
   */
  left?: DepartedWorkers[] | undefined;
  /** Failing targets, latest first. Processes of older versions do not write this field. */
  failing?: FailingTarget[] | undefined;
  /** The transports that its configuration enables. Processes of older versions do not write this field. */
  transports?: string[] | undefined;
}

export interface GroupCount {
  group: string;
  count: number;
}

export interface DepartedWorkers {
  group: string;
  /** The number of workers that left and have not returned. */
  count: number;
  /** The time from when the last of them left until this was written, ms. */
  agoMs: number;
}

/** A target whose last delivery failed. */
export interface FailingTarget {
  transport: string;
  target: string;
  /** In a row. */
  failures: number;
  error: string;
  /** The promise that the last failed message was about. */
  promise: string;
  /** When the next message is tried while its circuit is open, epoch ms; null: the circuit is closed. */
  retryAt: number | null;
}

const MAX_GROUPS = 100;
const MAX_GROUP_NAME = 200;
/** How many failing targets a process reports. */
export const MAX_FAILING = 50;
/** Maximum size of each list as JSON. MySQL stores at most 64 KiB of statistics. */
const MAX_LIST_BYTES = 16 * 1024;

/** Collects the statistics. The api role sets `streams` and `left`, the dispatcher sets `failing`. */
export class StatsSource {
  streams: () => GroupCount[] = () => [];
  left: () => DepartedWorkers[] = () => [];
  failing: () => FailingTarget[] = () => [];
  readonly #metrics: Metrics;
  readonly #waiting: () => number;
  readonly #transports: readonly string[];

  constructor(metrics: Metrics, waiting: () => number, transports: readonly string[]) {
    this.#metrics = metrics;
    this.#waiting = waiting;
    this.#transports = transports;
  }

  async read(): Promise<ProcessStats> {
    const { values } = await this.#metrics.deliveries.get();
    const of = (status: string) => values.find(({ labels }) => labels.status === status)?.value ?? 0;
    const groups = this.streams().sort((one, other) => other.count - one.count);
    const shown = groups.filter(({ group }) => group.length <= MAX_GROUP_NAME).slice(0, MAX_GROUPS);
    const streams = fitting(shown);
    return {
      ...this.#metrics.requestCounts,
      delivered: of('success'),
      failed: of('error'),
      waiting: this.#waiting(),
      streams,
      isStreamsPartial: streams.length < groups.length,
      left: fitting(this.left().slice(0, MAX_GROUPS)),
      failing: fitting(this.failing().slice(0, MAX_FAILING)),
      transports: [...this.#transports],
    };
  }
}

/**
 * The entries that fit into the limit, in order. Clients choose the names, so some entries may be long; these are left
 * out.
 */
function fitting<One>(list: readonly One[]): One[] {
  let room = MAX_LIST_BYTES;
  return list.filter((one) => {
    const bytes = Buffer.byteLength(JSON.stringify(one));
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
}

/** @returns the list unchanged, or undefined if it is not a list. */
function listOf<One>(list: One[] | undefined): One[] | undefined {
  return Array.isArray(list) ? list : undefined;
}

/**
 * Parses the statistics of another process; null if it has none, or if another version wrote them in another format.
 */
export function parseStats(text: string | undefined): ProcessStats | null {
  if (text === undefined) return null;
  try {
    const stats = JSON.parse(text) as Partial<ProcessStats>;
    const { requests, errors, settled, delivered, failed, waiting, times, streams } = stats;
    const numbers = [requests, errors, settled, delivered, failed, waiting];
    const isWhole =
      numbers.every((value) => typeof value === 'number') && Array.isArray(times) && Array.isArray(streams);
    if (!isWhole) return null;
    const { left, failing, transports } = stats;
    return {
      ...(stats as ProcessStats),
      left: listOf(left),
      failing: listOf(failing),
      transports: listOf(transports),
    };
  } catch {
    return null;
  }
}
