import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { onChange } from './live.ts';
import { throttledLoader } from './throttled-loader.ts';
import { onTokenChange } from './token.ts';

export interface Resource<T> {
  /** The newest answer; kept while the next one is loading or has failed. */
  data: T | undefined;
  /** The error of the last attempt. */
  error: Error | undefined;
  isLoading: boolean;
  reload(): void;
}

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
  { live, minIntervalMs = 1_000, isHeld = () => false }: Options = {},
): Resource<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: Error; isLoading: boolean }>({
    key,
    isLoading: true,
  });
  const latest = useRef(load);
  latest.current = load;
  const loadNow = useRef<() => void>(() => {});

  useEffect(() => {
    const loads = throttledLoader(
      async (signal) => {
        setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
        const data = await latest.current(signal);
        if (!signal.aborted) setState({ key, data, isLoading: false });
      },
      (error) => error && setState((before) => ({ ...before, key, error, isLoading: false })),
      { minIntervalMs, isHeld },
    );
    loadNow.current = loads.atOnce;
    // The first load. onChange would cause it only for the first listener of an origin.
    loads.again();
    const endLive = live === undefined ? onTokenChange(loads.again) : onChange(live, loads.again);
    return () => {
      loads.stop();
      endLive();
    };
  }, [key, live, minIntervalMs]);

  const reload = useCallback(() => loadNow.current(), []);
  const current = state.key === key ? state : { key, isLoading: true };
  return {
    data: 'data' in current ? current.data : undefined,
    error: 'error' in current ? current.error : undefined,
    isLoading: current.isLoading,
    reload,
  };
}
