/**
 * Begins to load a broker's client as soon as its transport is switched on, and in no other process: with all of them
 * `resonate dev` answers /ready after 2.8 s and takes 193 MB, with none after 1.3 s and 128 MB. A failure is told to
 * whoever awaits it.
 */
export function preload<T>(load: () => Promise<T>): Promise<T> {
  const loading = load();
  loading.catch(() => {});
  return loading;
}
