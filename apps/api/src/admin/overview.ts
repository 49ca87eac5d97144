import { SERIES_STEP_MS, type Overview, type StreamCount } from '@resonate/admin';
import { TRANSPORTS } from '@resonate/protocol';
import { isAlive, parseStats, standing, type RuntimeWith } from '@resonate/process';
import type { ProcessRow } from '@resonate/store';
import type { Handlers } from './mount.ts';
import type { Series } from './series.ts';

type Context = RuntimeWith<never, 'admin' | 'cluster' | 'deadLetters' | 'now' | 'queues'>;

/** Counting takes time in proportion to the count. Above ten thousand, operators do not need the exact number. */
const MAX_COUNTED = 10_000;
const NAMED_TARGETS = 10;
/** The largest number of pairs of a group and a process that are shown. */
const MAX_STREAMS = 500;
/** The overview is computed at most once in this time, even if many pages request it. */
const CACHED_MS = 1_000;

export function overviewHandler(runtime: Context, series: Series): Pick<Handlers, 'overview'> {
  const current = cached(() => overview(runtime, series), CACHED_MS);
  return { overview: () => current() };
}

async function overview({ store }: Context, series: Series): Promise<Overview> {
  const [now, processes, leases, deadLetters, backlog] = await Promise.all([
    store.now(),
    store.cluster.processes(),
    store.admin.countLeases(MAX_COUNTED),
    store.deadLetters.count(MAX_COUNTED),
    Promise.all(
      TRANSPORTS.map(async (transport) => ({
        transport,
        ...(await store.queues.backlog(transport, MAX_COUNTED, NAMED_TARGETS)),
      })),
    ),
  ]);
  return {
    now,
    processes: processes.map((row) => processView(row, now)),
    backlog: backlog.map((one) => ({ ...one, ageMs: Math.max(0, one.ageMs) })),
    limit: MAX_COUNTED,
    leases,
    deadLetters,
    streams: processes
      .filter((row) => isAlive(row, now))
      .flatMap(streamsOf)
      .sort((one, other) => other.count - one.count)
      .slice(0, MAX_STREAMS),
    series: [...series.points],
    stepMs: SERIES_STEP_MS,
  };
}

function processView({ stats, ...row }: ProcessRow, now: number) {
  const waiting = parseStats(stats)?.waiting;
  return { ...row, ...standing(row, now), ...(waiting !== undefined && { waiting }) };
}

function streamsOf({ id, stats }: ProcessRow): StreamCount[] {
  return (parseStats(stats)?.streams ?? []).map(({ group, count }) => ({ group, processId: id, count }));
}

/**
 * Caches the result of `make` for `forMs`. Requests that arrive while it is being computed share the result. Failures
 * are not cached.
 */
function cached<T>(make: () => Promise<T>, forMs: number): () => Promise<T> {
  let kept: { value: Promise<T>; until: number } | null = null;
  return () => {
    if (kept && performance.now() < kept.until) return kept.value;
    const value = make();
    const entry = { value, until: Infinity };
    kept = entry;
    value.then(
      () => (entry.until = performance.now() + forMs),
      () => {
        if (kept === entry) kept = null;
      },
    );
    return value;
  };
}
