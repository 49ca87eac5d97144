/** What a commit made due: a reason to look at the store earlier than planned, never the truth about it. */
export interface Hint {
  /** The earliest timer that was set or moved, in epoch milliseconds; null without one. */
  timerAt: number | null;
  /** Per transport, when its earliest message is due, in epoch milliseconds. */
  deliveries: Record<string, number>;
  /** Per transport, when the earliest message for each target is due. A transport that is missing: for whom, is not told. */
  targets?: Record<string, Record<string, number>>;
}

/** Beyond it for whom is not told: with names of usual length a message stays well below the 8,000 bytes of a NOTIFY. */
const MAX_TARGETS = 50;

/** Far more transports than there are; it bounds a message to about 2 kB (a NOTIFY takes less than 8,000 bytes). */
const MAX_TRANSPORTS = 32;
/** Other versions may have transports of other names. */
const TRANSPORT = /^[a-z][a-z0-9_-]{0,31}$/;

export function isHint(value: unknown): value is Hint {
  if (!isObject(value)) return false;
  const { timerAt, deliveries } = value;
  if (timerAt !== null && !isTime(timerAt)) return false;
  if (!isObject(deliveries)) return false;
  const entries = Object.entries(deliveries);
  if (entries.length > MAX_TRANSPORTS || !entries.every(([name, at]) => TRANSPORT.test(name) && isTime(at)))
    return false;
  return value['targets'] === undefined || areTargets(value['targets']);
}

function areTargets(value: unknown): boolean {
  return (
    isObject(value) && Object.values(value).every((times) => isObject(times) && Object.values(times).every(isTime))
  );
}

export const NOTHING: Hint = { timerAt: null, deliveries: {} };

export function isEmpty(hint: Hint): boolean {
  return earliest(hint) === Infinity;
}

/** @returns the earliest of its times; Infinity when there is none. */
export function earliest({ timerAt, deliveries }: Hint): number {
  return Math.min(timerAt ?? Infinity, ...Object.values(deliveries));
}

/** @returns both in one, the earlier of the times each. Transports beyond the bound are left out. */
export function mergeHints(one: Hint, other: Hint): Hint {
  const deliveries = { ...one.deliveries };
  let room = MAX_TRANSPORTS - Object.keys(deliveries).length;
  for (const [transport, at] of Object.entries(other.deliveries)) {
    const known = deliveries[transport];
    if (known === undefined && room-- <= 0) continue;
    deliveries[transport] = Math.min(at, known ?? Infinity);
  }
  const timerAt = Math.min(one.timerAt ?? Infinity, other.timerAt ?? Infinity);
  const targets = mergeTargets(one, other);
  return { timerAt: timerAt === Infinity ? null : timerAt, deliveries, ...(targets && { targets }) };
}

/** Of each transport for which both that say anything of it say for whom. */
function mergeTargets(one: Hint, other: Hint): Hint['targets'] {
  const merged: Record<string, Record<string, number>> = {};
  for (const transport of new Set([...Object.keys(one.deliveries), ...Object.keys(other.deliveries)])) {
    const told = [one, other].filter(({ deliveries }) => transport in deliveries);
    const times = new Map<string, number>();
    if (!told.every(({ targets }) => targets?.[transport] !== undefined)) continue;
    for (const { targets } of told) {
      for (const [target, at] of Object.entries(targets?.[transport] ?? {})) {
        times.set(target, Math.min(at, times.get(target) ?? Infinity));
      }
    }
    if (times.size <= MAX_TARGETS) merged[transport] = Object.fromEntries(times);
  }
  return Object.keys(merged).length > 0 ? merged : undefined;
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
