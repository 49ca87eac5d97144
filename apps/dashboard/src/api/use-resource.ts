import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { onChange } from './live.ts';
import { onTokenChange } from './token.ts';

export interface Resource<T> {
  /** The newest answer; kept while the next one is loading or has failed. */
  data: T | undefined;
  /** The error of the last attempt. */
  error: Error | undefined;
  isLoading: boolean;
  reload(): void;
}

const HELD_CHECK_MS = 500;
const never = () => false;

interface Options {
  /** When to load again. '': after any change. An origin: only after changes in that call graph. undefined: never. */
  live?: string | undefined;
  /** Minimum time between two loads, ms. */
  minIntervalMs?: number;
  /** While it returns true, changes do not cause a load, because rows must not move under the pointer. */
  isHeld?: () => boolean;
}

/**
 * Loads when `key` changes, and again after changes on the server. One load runs at a time; changes during a load cause one
 * more.
 * @param key identifies what is loaded; another key drops the old data.
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  { live, minIntervalMs = 1_000, isHeld = never }: Options = {},
): Resource<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: Error; isLoading: boolean }>({
    key,
    isLoading: true,
  });
  const latest = useRef(load);
  latest.current = load;
  const again = useRef<() => void>(() => {});

  useEffect(() => {
    const abort = new AbortController();
    let isBusy = false;
    let isWanted = false;
    let startedAt = -Infinity;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const run = async () => {
      if (timer) clearTimeout(timer);
      timer = null;
      isWanted = false;
      isBusy = true;
      startedAt = performance.now();
      setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
      try {
        const data = await latest.current(abort.signal);
        if (!abort.signal.aborted) setState({ key, data, isLoading: false });
      } catch (cause) {
        if (abort.signal.aborted) return;
        const error = cause instanceof Error ? cause : new Error(String(cause));
        setState((before) => ({ ...before, key, error, isLoading: false }));
      }
      isBusy = false;
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- `change` sets it meanwhile
      if (isWanted) change();
    };
    const change = () => {
      isWanted = true;
      if (isBusy || timer) return;
      const delayMs = Math.max(0, startedAt + minIntervalMs - performance.now());
      const lookAgain = () => {
        timer = null;
        change();
      };
      if (startedAt > 0 && isHeld()) timer = setTimeout(lookAgain, HELD_CHECK_MS);
      else timer = setTimeout(() => void run(), delayMs);
    };
    again.current = () => {
      isWanted = true;
      if (!isBusy) void run();
    };
    change();
    // onChange calls back at once; that is the first load.
    const endLive = live === undefined ? onTokenChange(change) : onChange(live, change);
    return () => {
      abort.abort();
      if (timer) clearTimeout(timer);
      endLive();
    };
  }, [key, live, minIntervalMs]);

  const reload = useCallback(() => again.current(), []);
  const current = state.key === key ? state : { key, isLoading: true };
  return {
    data: 'data' in current ? current.data : undefined,
    error: 'error' in current ? current.error : undefined,
    isLoading: current.isLoading,
    reload,
  };
}
