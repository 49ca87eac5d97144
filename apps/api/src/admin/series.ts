import { SERIES_POINTS, SERIES_STEP_MS, type SeriesPoint } from '@resonate/admin';
import { Loop, type Service } from '@resonate/lifecycle';
import { quantileMs } from '@resonate/observability';
import { parseStats, type ProcessStats, type RuntimeWith } from '@resonate/process';
import type { ProcessRow } from '@resonate/store';

interface Sample {
  at: number;
  stats: Map<string, ProcessStats>;
}

/**
 * Rates of the last 15 minutes for the whole cluster. Every process writes its totals with its heartbeat. Each api
 * process reads all totals every 5 s, so it can answer for the whole cluster without asking other processes.
 */
export class Series implements Service {
  readonly name = 'series';
  readonly #points: SeriesPoint[] = [];
  readonly #loop: Loop;
  #last: Sample | null = null;

  constructor({ logger, store }: RuntimeWith<'logger', 'cluster' | 'now'>) {
    this.#loop = new Loop({
      name: this.name,
      pollIntervalMs: SERIES_STEP_MS,
      logger,
      step: async () => {
        this.#add(await store.now(), await store.cluster.processes());
        return null;
      },
    });
  }

  /** Oldest first. */
  get points(): readonly SeriesPoint[] {
    return this.#points;
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #add(at: number, processes: readonly ProcessRow[]): void {
    const before = this.#last;
    const stats = new Map<string, ProcessStats>();
    for (const row of processes) {
      const reported = parseStats(row.stats);
      if (reported) stats.set(row.id, reported);
    }
    this.#last = { at, stats };
    if (!before || at <= before.at) return;
    const startedAtById = new Map(processes.map(({ id, startedAt }) => [id, startedAt]));
    const steps = [...stats].flatMap(([id, reported]) => {
      const known = before.stats.get(id);
      // For a process that started since the last sample, count all its totals. An older process that is seen for the
      // first time counts nothing, because its totals cover an unknown time.
      if (!known && (startedAtById.get(id) ?? 0) < before.at) return [];
      return [difference(reported, known)];
    });
    this.#points.push(point(at, (at - before.at) / 1000, steps));
    if (this.#points.length > SERIES_POINTS) this.#points.shift();
  }
}

type Step = Pick<ProcessStats, 'requests' | 'errors' | 'settled' | 'delivered' | 'failed' | 'times'>;

function difference(now: ProcessStats, before: ProcessStats | undefined): Step {
  const since = (name: Exclude<keyof Step, 'times'>) => Math.max(0, now[name] - (before?.[name] ?? 0));
  return {
    requests: since('requests'),
    errors: since('errors'),
    settled: since('settled'),
    delivered: since('delivered'),
    failed: since('failed'),
    times: now.times.map((count, bucket) => Math.max(0, count - (before?.times[bucket] ?? 0))),
  };
}

function point(at: number, seconds: number, steps: readonly Step[]): SeriesPoint {
  const rate = (name: Exclude<keyof Step, 'times'>) =>
    Math.round((steps.reduce((sum, step) => sum + step[name], 0) / seconds) * 10) / 10;
  const buckets = Math.max(0, ...steps.map(({ times }) => times.length));
  const times = Array.from({ length: buckets }, (_, bucket) =>
    steps.reduce((sum, step) => sum + (step.times[bucket] ?? 0), 0),
  );
  return {
    at,
    requests: rate('requests'),
    errors: rate('errors'),
    settled: rate('settled'),
    deliveries: rate('delivered'),
    failures: rate('failed'),
    p50Ms: quantileMs(times, 0.5),
    p99Ms: quantileMs(times, 0.99),
  };
}
