import type { Row } from './model/rows.ts';

/** The effect of a key: the row to go to, and whether to collapse, expand or open it. */
export interface Move {
  index: number;
  fold?: boolean;
  open?: true;
}

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** The keys of the ARIA tree pattern: arrows, Home, End, Page Up, Page Down, Enter. */
export function moveBy(event: Key, rows: readonly Row[], active: number, page: number): Move | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return undefined;
  const row = rows[active];
  const to = (index: number): Move => ({ index: Math.max(0, Math.min(rows.length - 1, index)) });
  if (!row) return ['ArrowDown', 'ArrowUp', 'Home'].includes(event.key) ? to(0) : undefined;
  switch (event.key) {
    case 'ArrowDown':
      return to(active + 1);
    case 'ArrowUp':
      return to(active - 1);
    case 'PageDown':
      return to(active + page);
    case 'PageUp':
      return to(active - page);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      return row.open === false ? { index: active, fold: true } : row.open ? to(active + 1) : undefined;
    case 'ArrowLeft':
      return row.open ? { index: active, fold: false } : to(parentOf(rows, row.depth, active));
    case 'Enter':
    case ' ':
      return { index: active, open: true };
    default:
      return undefined;
  }
}

function parentOf(rows: readonly Row[], depth: number, active: number): number {
  const above = rows.slice(0, active).findLastIndex((row) => row.depth < depth);
  return above === -1 ? active : above;
}
