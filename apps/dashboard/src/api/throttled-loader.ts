const HELD_CHECK_MS = 500;

interface Options {
  /** Minimum time between the starts of two rounds, ms. */
  minIntervalMs: number;
  /** While it returns true, `again` starts no further round. */
  isHeld?: () => boolean;
}

/**
 * Runs `round` on request, one at a time and not too often. Requests during a round cause one more.
 * @param ended called after each round, with its error if it failed.
 * @returns `again` requests a round, `atOnce` requests one without waiting, `stop` aborts the signal of the running one.
 */
export function throttledLoader(
  round: (signal: AbortSignal) => Promise<void>,
  ended: (error?: Error) => void,
  { minIntervalMs, isHeld = () => false }: Options,
) {
  const abort = new AbortController();
  const { signal } = abort;
  let isBusy = false;
  let isWanted = false;
  let startedAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = async () => {
    clearTimeout(timer);
    timer = undefined;
    isWanted = false;
    isBusy = true;
    startedAt = performance.now();
    const error = await round(signal).then(
      () => undefined,
      (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
    );
    isBusy = false;
    if (signal.aborted) return;
    ended(error);
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- `again` sets it meanwhile
    if (isWanted) again();
  };
  const again = () => {
    isWanted = true;
    if (isBusy || timer !== undefined) return;
    if (startedAt > 0 && isHeld()) {
      timer = setTimeout(() => {
        timer = undefined;
        again();
      }, HELD_CHECK_MS);
    } else {
      timer = setTimeout(() => void run(), Math.max(0, startedAt + minIntervalMs - performance.now()));
    }
  };
  return {
    again,
    atOnce() {
      isWanted = true;
      if (!isBusy) void run();
    },
    stop() {
      abort.abort();
      clearTimeout(timer);
    },
  };
}
