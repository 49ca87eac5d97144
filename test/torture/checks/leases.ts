/** A request about a lease. Times are epoch ms of the wall clock, which the database uses too. */
export interface LeaseEvent {
  kind: 'acquire' | 'heartbeat' | 'fence' | 'release' | 'suspend' | 'fulfill';
  id: string;
  /** The version that the request names. */
  version: number;
  holder: string;
  sentAt: number;
  answeredAt: number;
  /** Absent: there was no answer, so the request may have taken effect. */
  status?: number;
  /** Only if an acquire was granted. */
  granted?: { version: number; ttlMs: number };
}

/** Clocks are read in whole milliseconds on both sides. */
const ROUNDING_MS = 2;
const ENDS_LEASE: readonly LeaseEvent['kind'][] = ['release', 'suspend', 'fulfill'];

interface Grant {
  event: LeaseEvent;
  version: number;
  /** The lease was surely valid until this time, unless its holder gave it up. */
  surelyUntil: number;
}

/**
 * Checks that two leases of one task are never valid at the same time. A client knows when it asked for a lease and when it
 * got the answer. The lease began in between. @returns the contradictions, each with its events.
 */
export function checkLeases(events: readonly LeaseEvent[]): string[] {
  const byTask = Map.groupBy(events, ({ id }) => id);
  return [...byTask.values()].flatMap((ofTask) => checkTask(ofTask));
}

function checkTask(events: readonly LeaseEvent[]): string[] {
  const grants = events
    .flatMap((event) => (event.granted ? [grantOf(event, event.granted, events)] : []))
    .sort((a, b) => a.version - b.version);
  return [
    ...grants.flatMap((grant, index) => grants.slice(index + 1).flatMap((later) => checkPair(grant, later, events))),
    ...doubleFulfils(events),
  ];
}

function grantOf(event: LeaseEvent, granted: { version: number; ttlMs: number }, events: readonly LeaseEvent[]): Grant {
  const { version, ttlMs } = granted;
  let surelyUntil = event.sentAt + ttlMs;
  const heartbeats = events
    .filter(({ kind, version: under }) => kind === 'heartbeat' && under === version)
    .sort((a, b) => a.sentAt - b.sentAt);
  for (const { status, sentAt, answeredAt } of heartbeats) {
    // A heartbeat whose answer came before the end of the lease was in time. A later one may have been ignored.
    if (status === 200 && answeredAt < surelyUntil - ROUNDING_MS) surelyUntil = Math.max(surelyUntil, sentAt + ttlMs);
  }
  return { event, version, surelyUntil };
}

function checkPair(grant: Grant, later: Grant, events: readonly LeaseEvent[]): string[] {
  if (later.version === grant.version) {
    return [said(`version ${grant.version} was granted twice`, grant.event, later.event)];
  }
  if (later.event.answeredAt < grant.event.sentAt) {
    return [said('versions of grants do not rise', later.event, grant.event)];
  }
  const under = events.filter(({ kind, version }) => kind !== 'acquire' && version === grant.version);
  const wrongs = under
    .filter(({ kind, status = 409, sentAt }) => kind !== 'heartbeat' && status < 400 && sentAt > later.event.answeredAt)
    .map((event) => said('an old version was still good after a newer one was granted', later.event, event));
  const givenUp = under.some(
    ({ kind, status = 200, sentAt }) => ENDS_LEASE.includes(kind) && status < 300 && sentAt <= later.event.answeredAt,
  );
  if (!givenUp && later.event.answeredAt < grant.surelyUntil - ROUNDING_MS) {
    wrongs.push(said(`granted while another lease was valid until ${grant.surelyUntil}`, grant.event, later.event));
  }
  return wrongs;
}

function doubleFulfils(events: readonly LeaseEvent[]): string[] {
  const [first, second] = events.filter(({ kind, status }) => kind === 'fulfill' && status === 200);
  return first && second ? [said('fulfilled twice', first, second)] : [];
}

function said(what: string, ...events: readonly LeaseEvent[]): string {
  return [what, ...events.map((event) => `  ${JSON.stringify(event)}`)].join('\n');
}
