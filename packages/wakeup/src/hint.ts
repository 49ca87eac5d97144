/**
 * What a commit made due. A hint is a reason to look at the store earlier than planned; only the store has the truth.
 */
export interface Hint {
  /** The earliest timer that was set or moved, in epoch milliseconds; null without one. */
  timerAt: number | null;
  /** When the earliest message of each transport is due, epoch ms. */
  deliveries: Record<string, number>;
  /**
   * When the earliest message for each target of a transport is due, epoch ms. If a transport is missing here, its
   * targets are unknown.
   */
  targets?: Record<string, Record<string, number>>;
}

/**
 * With more targets than this, a hint does not list them. With names of usual length the message then stays well below
 * the 8,000 bytes of a NOTIFY.
 */
const MAX_TARGETS = 50;

/** Far more transports than exist. It limits a message to about 2 kB (a NOTIFY takes less than 8,000 bytes). */
const MAX_TRANSPORTS = 32;
/** Other versions may have transports with other names. */
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

/** @returns the earliest of its times; Infinity if it has none. */
export function earliest({ timerAt, deliveries }: Hint): number {
  return Math.min(timerAt ?? Infinity, ...Object.values(deliveries));
}

/** @returns both hints in one, with the earlier of each two times. Transports beyond the limit are left out. */
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

/** Only for transports whose targets are known in both hints, as far as both have the transport. */
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
