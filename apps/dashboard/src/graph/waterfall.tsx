import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { serverNow } from '../api/server-clock.ts';
import { Axis } from './axis.tsx';
import { criticalPath } from './model/critical-path.ts';
import { extentOf, wholeOf } from './model/extent.ts';
import { rowsOf, windowOf, type Matcher, type Row } from './model/rows.ts';
import type { Range } from './model/timescale.ts';
import { useClock } from './use-clock.ts';
import type { LoadedGraph } from './use-graph.ts';
import { useSize } from './use-size.ts';
import { WaterfallRow } from './waterfall-row.tsx';
import { moveBy } from './waterfall-keys.ts';

/** Below this width each bar is placed under its name. */
const NARROW_PX = 520;
/** Height of the axis, as in the style sheet. */
const HEAD_PX = 30;

interface Props {
  graph: LoadedGraph;
  matches: Matcher | undefined;
  selected: string | undefined;
  isCriticalShown: boolean;
  zoom: Range | undefined;
  onZoom: (range: Range | undefined) => void;
  onSelect: (id: string) => void;
  onFold: () => void;
}

/** The calls as a tree, with a bar for the times of each. Renders only the rows in view. */
export function Waterfall(props: Props) {
  const { graph, matches, selected, isCriticalShown, zoom, onZoom, onSelect, onFold } = props;
  const { tree, folding, revision } = graph;
  const scroller = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(scroller);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState<string>();
  const isNarrow = width > 0 && width < NARROW_PX;
  const rowHeight = isNarrow ? 50 : 30;
  const { now, whole } = useTime(graph, width);
  const rows = rowsOf(tree.root, folding, matches);
  const path = useMemo(
    () => (isCriticalShown ? criticalPath(tree.root, serverNow()) : new Set<string>()),
    [revision, isCriticalShown],
  );
  const view = windowOf({ count: rows.length, rowHeight, top, height: height - HEAD_PX });
  const activeId = active ?? selected ?? tree.root.node.id;

  useEffect(() => {
    if (selected === undefined) return;
    setActive(selected);
    const index = rows.findIndex(({ branch }) => branch.node.id === selected);
    if (index >= 0) scrollTo(scroller.current, index, rowHeight);
  }, [selected, graph.isLoaded]);

  const fold = (id: string, isOpen: boolean) => {
    folding.set(id, isOpen);
    onFold();
  };
  const choose = (id: string) => {
    setActive(id);
    onSelect(id);
  };
  const press = (event: KeyboardEvent, activeIndex: number) => {
    const to = moveBy(event, rows, activeIndex, Math.max(1, Math.floor(height / rowHeight) - 2));
    const row = to && rows[to.index];
    if (!row) return;
    event.preventDefault();
    const { id } = row.branch.node;
    if (to.fold !== undefined) fold(id, to.fold);
    setActive(id);
    scrollTo(scroller.current, to.index, rowHeight);
    // If the side panel is open, it shows the row that becomes active.
    if (to.open || (selected !== undefined && id !== selected)) onSelect(id);
  };

  return (
    <div
      class={`wf${isNarrow ? ' narrow' : ''}`}
      ref={scroller}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="wf-head">
        <div class="wf-name-head">
          {rows.length === tree.size ? 'Calls' : `Calls (${rows.length} of ${tree.size} shown)`}
        </div>
        <Axis
          range={zoom ?? whole}
          whole={whole}
          start={whole.from}
          width={axisWidth(width, isNarrow)}
          onZoom={onZoom}
        />
      </div>
      <Rows
        {...{ rows, view, rowHeight, selected, path, now, activeId }}
        range={zoom ?? whole}
        onKey={press}
        onSelect={choose}
        onFold={fold}
      />
    </div>
  );
}

interface RowsProps {
  rows: readonly Row[];
  /** The rows that are rendered. */
  view: { from: number; to: number };
  rowHeight: number;
  range: Range;
  now: number;
  path: ReadonlySet<string>;
  activeId: string;
  selected: string | undefined;
  onKey: (event: KeyboardEvent, activeIndex: number) => void;
  onSelect: (id: string) => void;
  onFold: (id: string, isOpen: boolean) => void;
}

function Rows({ rows, view, rowHeight, range, now, path, activeId, selected, onKey, onSelect, onFold }: RowsProps) {
  const activeIndex = rows.findIndex(({ branch }) => branch.node.id === activeId);
  const isDrawn = activeIndex >= view.from && activeIndex < view.to;
  const drawn = view.to - view.from;
  return (
    <div
      class="wf-rows"
      role="tree"
      aria-label="Call graph"
      tabIndex={0}
      aria-activedescendant={isDrawn ? domId(activeIndex) : undefined}
      style={{ height: `${rows.length * rowHeight}px` }}
      onKeyDown={(event) => onKey(event, activeIndex)}
    >
      {rows.slice(view.from, view.to).map((row, n) => {
        const { id } = row.branch.node;
        return (
          <WaterfallRow
            // A row that leaves at one end is reused at the other, so scrolling creates no elements.
            key={(view.from + n) % drawn}
            {...{ row, rowHeight, now, range }}
            index={view.from + n}
            domId={domId(view.from + n)}
            isActive={id === activeId}
            isSelected={id === selected}
            isCritical={path.has(id)}
            onSelect={() => onSelect(id)}
            onToggle={() => onFold(id, !row.open)}
          />
        );
      })}
    </div>
  );
}

function domId(index: number): string {
  return `wf-${index}`;
}

/** Scrolls as little as needed to show a row. */
function scrollTo(scroller: HTMLElement | null, index: number, rowHeight: number): void {
  if (!scroller) return;
  const above = index * rowHeight;
  const below = above + rowHeight - (scroller.clientHeight - HEAD_PX);
  if (scroller.scrollTop > above) scroller.scrollTop = above;
  else if (scroller.scrollTop < below) scroller.scrollTop = below;
}

/** The server's time, which advances while something is pending, and the whole range of the axis. */
function useTime({ tree, revision }: LoadedGraph, width: number): { now: number; whole: Range } {
  const isRunning = tree.root.counts.pending > 0;
  const known = useMemo(() => extentOf(tree), [revision]);
  const now = useClock(isRunning, (Math.max(known.to, serverNow()) - known.from) / Math.max(1, width));
  return { now, whole: wholeOf(tree, now, known) };
}

/** Must match the style sheet: the axis gets the width that the names leave. */
function axisWidth(width: number, isNarrow: boolean): number {
  return isNarrow ? width : width - Math.min(460, Math.max(240, width * 0.4));
}
