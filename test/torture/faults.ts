import { Random } from '@resonate/testkit';

/** The kinds of fault, and how often each occurs in a round. Every round has each kind at least once. */
export const FAULTS = {
  /** Kills a process with -9, and starts it again later. */
  kill: 7,
  /** Sends SIGSTOP, and later SIGCONT. */
  freeze: 4,
  /** Sends SIGTERM, and starts the process again right after its end. */
  terminate: 4,
  'database-kill': 1,
  'database-freeze': 1,
  /** Connections to the database break during a batch, so the server does not know whether it was committed. */
  'database-flaky': 3,
  /** Kills the primary with -9 for good, and promotes its standby later. */
  'database-failover': 1,
  'redis-kill': 1,
  /** The wake-up channel delivers nothing, although its connections stay open. */
  'wakeup-silent': 2,
} as const;

export type FaultKind = keyof typeof FAULTS;

export interface Fault {
  kind: FaultKind;
  /** The name of the process, or of the database or Redis. */
  target: string;
  /** When it begins, in ms from the start of the load. */
  atMs: number;
  lastsMs: number;
}

const LASTS_MS: Record<FaultKind, readonly [number, number]> = {
  kill: [0, 4_000],
  freeze: [1_000, 9_000],
  terminate: [0, 0],
  'database-kill': [0, 3_000],
  'database-freeze': [500, 5_000],
  'database-flaky': [10, 5_000],
  'database-failover': [0, 3_000],
  'redis-kill': [0, 3_000],
  'wakeup-silent': [2_000, 12_000],
};

const BETWEEN_MS = { min: 500, max: 5_000 };
/** The minimum time between two faults of one process, so that it works for some of the time. */
const SPARED_MS = 3_000;

export interface Targets {
  servers: readonly string[];
  workers: readonly string[];
  hasRedis: boolean;
  /** Whether the database has a standby. */
  hasStandby: boolean;
}

/** The faults of a run: the same seed, length and targets give the same faults. They overlap, but not on one target. */
export function planFaults(seed: number, durationMs: number, targets: Targets): Fault[] {
  const random = new Random(seed);
  const busyUntil = new Map<string, number>();
  const faults: Fault[] = [];
  let round: FaultKind[] = [];
  for (let atMs = 1_000; ; atMs += random.int(BETWEEN_MS.min, BETWEEN_MS.max)) {
    if (round.length === 0) round = shuffledRound(random, targets);
    const kind = round.pop() as FaultKind;
    const lastsMs = random.int(...LASTS_MS[kind]);
    const target = random.pick(targetsOf(kind, targets));
    if (atMs + lastsMs >= durationMs) return faults;
    if ((busyUntil.get(target) ?? 0) > atMs) {
      // It is tried again later in this round.
      round.unshift(kind);
      continue;
    }
    busyUntil.set(target, atMs + lastsMs + SPARED_MS);
    faults.push({ kind, target, atMs, lastsMs });
  }
}

function shuffledRound(random: Random, { hasRedis, hasStandby }: Targets): FaultKind[] {
  const impossible = new Set<FaultKind>();
  if (!hasRedis) impossible.add('redis-kill');
  if (!hasStandby) impossible.add('database-failover');
  const kinds = (Object.keys(FAULTS) as FaultKind[]).filter((kind) => !impossible.has(kind));
  return kinds
    .flatMap((kind) => Array.from({ length: FAULTS[kind] }, () => ({ kind, order: random.next() })))
    .sort((a, b) => a.order - b.order)
    .map(({ kind }) => kind);
}

function targetsOf(kind: FaultKind, { servers, workers }: Targets): readonly string[] {
  switch (kind) {
    case 'kill':
    case 'freeze':
      return [...servers, ...workers];
    case 'terminate':
      return servers;
    case 'database-kill':
    case 'database-freeze':
    case 'database-flaky':
    case 'database-failover':
      return ['database'];
    case 'redis-kill':
    case 'wakeup-silent':
      return ['wakeups'];
  }
}
