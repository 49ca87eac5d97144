/** A time range, epoch ms. */
export interface Range {
  from: number;
  to: number;
}

/** The smallest range that can be zoomed to. */
const MIN_RANGE_MS = 5;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].map((n) => n * DAY),
];

/** The position of a time in a range: 0 at its start, 1 at its end, below 0 or above 1 outside the range. */
export function fractionOf(at: number, { from, to }: Range): number {
  return (at - from) / Math.max(1, to - from);
}

/** Round times after `start` (the zero of the axis) within a range, at most about `most` of them. */
export function ticksOf(range: Range, start: number, most: number): { at: number; label: string }[] {
  const length = range.to - range.from;
  const step = STEPS.find((candidate) => length / candidate <= Math.max(1, most)) ?? length;
  const ticks: { at: number; label: string }[] = [];
  for (let n = Math.ceil((range.from - start) / step); start + n * step <= range.to; n++) {
    ticks.push({ at: start + n * step, label: axisLabel(n * step) });
  }
  return ticks;
}

/** Zooms by a factor (below 1 zooms in) around a fraction of the range. The result stays within `whole`. */
export function zoomed(range: Range, whole: Range, factor: number, around = 0.5): Range {
  const length = Math.max(MIN_RANGE_MS, Math.min(whole.to - whole.from, (range.to - range.from) * factor));
  const pivot = range.from + (range.to - range.from) * around;
  return within({ from: pivot - length * around, to: pivot + length * (1 - around) }, whole);
}

/** Moves by a fraction of the visible range. The result stays within `whole`. */
export function panned(range: Range, whole: Range, by: number): Range {
  const shift = (range.to - range.from) * by;
  return within({ from: range.from + shift, to: range.to + shift }, whole);
}

function within({ from, to }: Range, whole: Range): Range {
  const length = Math.min(to - from, whole.to - whole.from);
  const start = Math.max(whole.from, Math.min(from, whole.to - length));
  return { from: start, to: start + length };
}

function axisLabel(ms: number): string {
  if (ms === 0) return '0';
  if (ms < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${trimmed(ms / SECOND)} s`;
  if (ms < HOUR) return parts(ms, MINUTE, 'm', SECOND, 's');
  if (ms < DAY) return parts(ms, HOUR, 'h', MINUTE, 'm');
  return parts(ms, DAY, 'd', HOUR, 'h');
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(3)));
}

function parts(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)}${bigName}${rest ? ` ${rest}${smallName}` : ''}`;
}
