/** Counts of the measured process's work, from its metrics endpoint. */
export interface Counters {
  requests: number;
  batches: number;
  /** Requests in those batches. */
  batched: number;
  /** Absent if the database is in the process. */
  statements?: number;
  roundTrips?: number;
}

/** The sum of the counters of all processes. @throws if an endpoint cannot be read. */
export async function readCounters(metricsUrls: readonly string[]): Promise<Counters> {
  const texts = metricsUrls.map(async (url) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return response.text();
  });
  return parseCounters((await Promise.all(texts)).join('\n'));
}

/** @param text metrics in Prometheus' text format. */
export function parseCounters(text: string): Counters {
  const totals = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm)) {
    totals.set(name, (totals.get(name) ?? 0) + Number(value));
  }
  const total = (name: string) => totals.get(name) ?? 0;
  const optional = (key: keyof Counters, name: string) => (totals.has(name) ? { [key]: total(name) } : {});
  return {
    requests: total('resonate_request_total'),
    batches: total('resonate_batch_size_count'),
    batched: total('resonate_batch_size_sum'),
    ...optional('statements', 'resonate_store_statements_total'),
    ...optional('roundTrips', 'resonate_store_round_trips_total'),
  };
}

/** The difference between two readings. */
export function counted(before: Counters, after: Counters): Counters {
  const { statements, roundTrips } = after;
  return {
    requests: after.requests - before.requests,
    batches: after.batches - before.batches,
    batched: after.batched - before.batched,
    ...(statements === undefined ? {} : { statements: statements - (before.statements ?? 0) }),
    ...(roundTrips === undefined ? {} : { roundTrips: roundTrips - (before.roundTrips ?? 0) }),
  };
}
