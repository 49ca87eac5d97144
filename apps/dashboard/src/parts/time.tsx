import { useEffect, useState } from 'preact/hooks';
import { serverNow } from '../api/server-clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The largest time of a `Date`. The timeouts of promises without a deadline are larger. */
const MAX_DATE = 8.64e15;
/** A time further away than this is shown as never: a promise with such a timeout has no deadline. */
export const FOREVER_MS = 100 * 365 * DAY;

const tickers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

/** Renders its component again every second while the page is visible. @returns the server's time, epoch ms */
export function useNow(): number {
  const [, setCount] = useState(0);
  useEffect(() => {
    const tick = () => setCount((count) => count + 1);
    tickers.add(tick);
    timer ??= setInterval(() => {
      if (!document.hidden) for (const one of tickers) one();
    }, SECOND);
    return () => {
      tickers.delete(tick);
      if (tickers.size > 0 || !timer) return;
      clearInterval(timer);
      timer = null;
    };
  }, []);
  return serverNow();
}

/** "3 min ago", "in 2 h"; hovering shows the exact time. @param at epoch ms */
export function Time({ at }: { at: number }) {
  const now = useNow();
  if (at - now > FOREVER_MS || at > MAX_DATE) return <span title={`${at} ms since 1970`}>never</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={absoluteTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}

/**
 * `2026-11-22 14:03:07.123 +01:00` in the reader's time zone. @param digits the number of digits after the second: 3 or
 * none
 */
export function absoluteTime(at: number, digits: 0 | 3 = 3): string {
  if (Math.abs(at) > MAX_DATE) return `${at} ms since 1970`;
  const date = new Date(at);
  const pad = (value: number, length = 2) => String(value).padStart(length, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const fraction = digits === 0 ? '' : `.${pad(date.getMilliseconds(), 3)}`;
  return `${day} ${time}${fraction} ${utcOffset(at)}`;
}

/** `Mon 2026-11-23 09:00:00 +01:00` in the reader's time zone. @param at epoch ms */
export function dayAndTime(at: number): string {
  const weekday = new Date(at).toLocaleDateString('en', { weekday: 'short' });
  return `${weekday} ${absoluteTime(at, 0)}`;
}

/** `+01:00`: the reader's offset from UTC at that time. @param at epoch ms */
export function utcOffset(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`;
}

/** "just now", "12 s ago", "in 3 min". Both in epoch ms. */
export function relativeTime(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < SECOND) return 'just now';
  const text = duration(Math.abs(distance), 1);
  return distance > 0 ? `in ${text}` : `${text} ago`;
}

/**
 * "340 ms", "2.4 s", "3 min 20 s", "5 d 2 h". @param parts the maximum number of units; 1 also drops fractions of
 * seconds
 */
export function duration(ms: number, parts = 2): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND && parts > 1) return `${(ms / SECOND).toFixed(1)} s`;
  const units = [
    ['d', DAY],
    ['h', HOUR],
    ['min', MINUTE],
    ['s', SECOND],
  ] as const;
  const first = units.findIndex(([, size]) => ms >= size);
  let rest = ms;
  const words: string[] = [];
  for (const [name, size] of units.slice(first, first + parts)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${name}`);
  }
  return words.join(' ');
}
