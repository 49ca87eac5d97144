import { useRef, useState } from 'preact/hooks';
import { useResource } from './use-resource.ts';

export interface PageOf<Row> {
  rows: readonly Row[];
  cursor?: string | undefined;
  /** Everything at or after this time has been searched, epoch ms. */
  searchedTo?: number | undefined;
}

export interface Pages<Row> extends PageOf<Row> {
  error: Error | undefined;
  isLoading: boolean;
  /**
   * True if the rows no longer update. That is so after loading more pages, because otherwise rows would shift between
   * pages.
   */
  isFrozen: boolean;
  loadMore(): void;
  /** Loads the first page again. */
  reload(): void;
}

const pointer = matchMedia('(hover: hover)');

/**
 * True while the pointer hovers over a list, or rows are selected. Touch screens do not count as hovering, because their
 * hover state stays after a touch.
 */
function isHeld(): boolean {
  if (document.querySelector('main .table tbody input:checked')) return true;
  return pointer.matches && document.querySelector('main .table tbody:hover') !== null;
}

/**
 * A list whose first page updates until the user loads more pages. It does not update while it is held (`isHeld`).
 * @param key identifies the list; another key starts over.
 * @param load loads one page. @param live see useResource.
 */
export function usePages<Row>(
  key: string,
  load: (cursor: string | undefined, signal?: AbortSignal) => Promise<PageOf<Row>>,
  live: string | undefined,
): Pages<Row> {
  const [more, setMore] = useState<{ key: string; first: PageOf<Row>; next: PageOf<Row>[] } | null>(null);
  const [failed, setFailed] = useState<Error | undefined>();
  const [isBusy, setBusy] = useState(false);
  /** How often the list was loaded again. A page that was asked for before belongs to the old list. */
  const reloads = useRef(0);
  const isFrozen = more?.key === key;
  const newest = useResource(key, (signal) => load(undefined, signal), { live: isFrozen ? undefined : live, isHeld });
  const first = isFrozen ? more.first : newest.data;
  const next = isFrozen ? more.next : [];
  const last = next.at(-1) ?? first;

  const loadMore = async () => {
    if (!first || last?.cursor === undefined || isBusy) return;
    setBusy(true);
    const reloadsBefore = reloads.current;
    try {
      const page = await load(last.cursor);
      if (reloads.current !== reloadsBefore) return;
      setFailed(undefined);
      setMore({ key, first, next: [...next, page] });
    } catch (cause) {
      if (reloads.current === reloadsBefore) setFailed(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setBusy(false);
    }
  };
  const reload = () => {
    reloads.current++;
    setMore(null);
    setFailed(undefined);
    newest.reload();
  };
  return {
    rows: first ? [...first.rows, ...next.flatMap(({ rows }) => rows)] : [],
    cursor: last?.cursor,
    searchedTo: last?.searchedTo,
    error: failed ?? newest.error,
    isLoading: (newest.isLoading && !first) || isBusy,
    isFrozen,
    loadMore: () => void loadMore(),
    reload,
  };
}
