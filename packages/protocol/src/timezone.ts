/** Time zones of the IANA database that Node knows. */

const SECOND_MS = 1_000;

/** Cached by lower-case name. Names are case-insensitive, so this keeps one format per zone. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Longer names are refused, because Intl takes 0.1 s for a name of several megabytes. The longest name in the database
 * has 32 characters.
 */
const MAX_NAME_LENGTH = 64;

/** True for names in the IANA database. Offsets such as `+02:00`, which Intl also accepts, are not names. */
export function isTimezone(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH || !/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** How far the zone's clock is ahead of UTC at `at` (epoch ms), in ms. */
export function offsetAt(timezone: string, at: number): number {
  const second = Math.floor(at / SECOND_MS) * SECOND_MS;
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(second)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year = 0, month = 1, day, hour, minute, seconds] = PARTS.map((part) => parts.get(part));
  return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
}

const PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/** The instant in (`from`, `to`] at which the zone's clock changes. There must be exactly one. */
export function findShift(timezone: string, from: number, to: number): number {
  const offset = offsetAt(timezone, to);
  let [before, after] = [Math.floor(from / SECOND_MS), Math.ceil(to / SECOND_MS)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(timezone, middle * SECOND_MS) === offset) after = middle;
    else before = middle;
  }
  return after * SECOND_MS;
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  const name = timezone.toLowerCase();
  const known = formats.get(name);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(name, format);
  return format;
}
