/** Keeps an outage from filling the log: calls `log` at most once in `ms`, and ignores all other calls. */
export function atMostEvery<Args extends unknown[]>(ms: number, log: (...args: Args) => void): (...args: Args) => void {
  let nextAt = -Infinity;
  return (...args) => {
    const now = performance.now();
    if (now < nextAt) return;
    nextAt = now + ms;
    log(...args);
  };
}
