import type { TaskRow } from '@resonate/store';
import type { Facts, ProcessFacts } from './facts.ts';
import { counted, shortened, span } from './words.ts';

type Queue = Pick<TaskRow, 'transport' | 'target'>;

/** The receiver of a target's messages in words: `group default`, `http://localhost:3000`, `kafka://orders`. */
export function receiverOf({ transport, target }: Queue): string {
  if (transport === 'http') return shortened(target);
  if (transport !== 'poll') return shortened(`${transport}://${target}`);
  const { group, id } = pollReceiver(target);
  return id === undefined ? `group ${shortened(group)}` : `connection ${shortened(id)} of group ${shortened(group)}`;
}

/** The decoded parts of a `poll` target, which is percent-encoded. */
export function pollReceiver(target: string): { group: string; id: string | undefined } {
  const [group = '', id] = target.split('/').map(decodeURIComponent);
  return { group, id };
}

export interface GroupFacts {
  /** The number of workers of the group that are connected to any process; null if that is not known. */
  connected: number | null;
  /** The number of workers that left within the last hour, as far as the running processes know. */
  departed: number;
  /** When the last of them left. */
  leftAt: number | null;
  /** The uptime of the oldest process. Nothing is known of the time before. */
  knownForMs: number;
}

/** What the running processes know about the workers of a group. */
export function groupFacts(group: string, { processes, now }: Pick<Facts, 'processes' | 'now'>): GroupFacts {
  let connected = 0;
  let isPartial = false;
  const facts: GroupFacts = { connected: 0, departed: 0, leftAt: null, knownForMs: 0 };
  for (const { stats, heartbeatAt, startedAt } of processes.filter(isApi)) {
    facts.knownForMs = Math.max(facts.knownForMs, now - startedAt);
    for (const stream of stats?.streams ?? []) if (stream.group === group) connected += stream.count;
    // The largest groups are listed, so this one may be missing.
    isPartial ||= stats?.isStreamsPartial === true;
    for (const { group: left, count, agoMs } of stats?.left ?? []) {
      if (left !== group) continue;
      facts.departed += count;
      facts.leftAt = Math.max(facts.leftAt ?? 0, heartbeatAt - agoMs);
    }
  }
  return { ...facts, connected: connected === 0 && isPartial ? null : connected };
}

const HOUR_MS = 3_600_000;

/** `0 connected; 2 left within the last hour, the last one 12 min ago` */
export function groupText({ connected, departed, leftAt, knownForMs }: GroupFacts, now: number): string {
  const before = knownForMs >= HOUR_MS ? 'within the last hour' : `since the server started ${span(knownForMs)} ago`;
  const open = connected === null ? 'an unknown number' : String(connected);
  if (departed === 0 || leftAt === null) return `${open} connected, none ${before}`;
  return `${open} connected; ${counted(departed, 'worker')} left ${before}, the last one ${span(now - leftAt)} ago`;
}

function isApi({ isAlive, role }: ProcessFacts): boolean {
  return isAlive && (role === 'all' || role === 'api');
}

/** True if a running process delivers over this transport, or if that is unknown. */
export function isServed(transport: TaskRow['transport'], { processes }: Facts): boolean {
  const role = transport === 'poll' ? 'api' : 'dispatcher';
  return processes.some(
    (one) =>
      one.isAlive &&
      (one.role === 'all' || one.role === role) &&
      // A process of an older version does not report its transports.
      (one.stats?.transports?.includes(transport) ?? true),
  );
}

export interface TargetFailure {
  failures: number;
  error: string | undefined;
  retryAt: number | null;
}

/**
 * What a running process knows about a failing target. A token with a prefix sees the error only if the message was
 * about a promise with this prefix, because it must not see anything of other promises.
 */
export function targetFailure({ transport, target }: Queue, { processes, prefix }: Facts): TargetFailure | null {
  const known = processes
    .filter(({ isAlive }) => isAlive)
    .flatMap(({ stats }) => stats?.failing ?? [])
    .filter((one) => one.transport === transport && one.target === target)
    .sort((one, other) => other.failures - one.failures);
  const [worst] = known;
  if (!worst) return null;
  const error = known.find(({ promise }) => promise.startsWith(prefix))?.error;
  return { failures: worst.failures, error, retryAt: worst.retryAt };
}
