/**
 * What a commit made due. A hint makes a process look at the store earlier than planned. Only the store says what is
 * really due.
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
 * A hint with more targets than this does not list them. Then, with target names of usual length, the message stays
 * well below the 8,000 bytes of a NOTIFY.
 */
const MAX_TARGETS = 50;

/** Far more transports than exist. It limits a message to about 2 kB (a NOTIFY must be shorter than 8,000 bytes). */
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
  return isObject(value) && Object.values(value).every(areTimes);
}

function areTimes(value: unknown): boolean {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MAX_TARGETS && entries.every(([target, at]) => isText(target) && isTime(at));
}

/** Anybody who may send a NOTIFY can send a hint. A name that no message can have would make the database refuse a claim. */
function isText(name: string): boolean {
  return name.isWellFormed() && !name.includes('\0');
}

export const NOTHING: Hint = { timerAt: null, deliveries: {} };

export function isEmpty(hint: Hint): boolean {
  return earliest(hint) === Infinity;
}

/** @returns the earliest time in the hint; Infinity if it has none. */
export function earliest({ timerAt, deliveries }: Hint): number {
  return Math.min(timerAt ?? Infinity, ...Object.values(deliveries));
}

/**
 * @returns both hints in one. Where both have a time, the earlier one is kept. Transports beyond the limit are left
 * out.
 */
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

/** Merges the targets of a transport only if each hint that has the transport also lists its targets. */
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
