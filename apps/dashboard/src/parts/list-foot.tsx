import type { Pages } from '../api/use-pages.ts';
import { Time } from './time.tsx';

/** Below a list: the number of rows, and a button for more. */
export function ListFoot<Row>({ pages, noun }: { pages: Pages<Row>; noun: string }) {
  const { rows, cursor, searchedTo, isFrozen, isLoading } = pages;
  return (
    <footer class="table-foot">
      <span>
        {rows.length.toLocaleString()} {rows.length === 1 ? noun : `${noun}s`}
        {cursor !== undefined && searchedTo !== undefined && (
          <>
            ; searched back to <Time at={searchedTo} />
          </>
        )}
      </span>
      {cursor !== undefined && (
        <button type="button" class="button small" disabled={isLoading} onClick={pages.loadMore}>
          {isLoading ? 'Loading…' : 'Load more'}
        </button>
      )}
      {isFrozen && (
        <button type="button" class="button small" onClick={pages.reload}>
          Show the newest
        </button>
      )}
    </footer>
  );
}
