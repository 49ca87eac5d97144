/** 1234567 as "1,234,567". */
export function figure(count: number): string {
  return count.toLocaleString('en');
}

/** A count as text; with a plus if counting stopped at the limit. */
export function bounded(count: number, limit: number): string {
  return count >= limit ? `${figure(limit)}+` : figure(count);
}

/** "0", "0.4", "27", "1,340", "12.4 k". */
export function rate(perSecond: number): string {
  if (perSecond >= 10_000) return `${Number((perSecond / 1_000).toFixed(1))} k`;
  return perSecond >= 10 ? figure(Math.round(perSecond)) : String(Number(perSecond.toFixed(1)));
}

/** "0.4 ms", "12 ms", "1.5 s". */
export function ms(value: number): string {
  if (value >= 1_000) return `${Number((value / 1_000).toFixed(2))} s`;
  return `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))} ms`;
}
