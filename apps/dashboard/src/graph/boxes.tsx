import { useMemo, useRef, useState } from 'preact/hooks';
import { BoxView, edgePath, place, BOX, type Point } from './box.tsx';
import { layoutOf, type Box, type Layout } from './model/layout.ts';
import { neighbour } from './model/neighbour.ts';
import { transformed, type View } from './model/view.ts';
import type { LoadedGraph } from './use-graph.ts';
import { usePanning } from './use-panning.ts';
import { useSize, type Size } from './use-size.ts';

/** Boxes this far outside the view are rendered too, px, so that panning shows no gaps. */
const AROUND = 200;

interface Props {
  graph: LoadedGraph;
  selected: string | undefined;
  onSelect: (id: string) => void;
  /** Called with a stack that was chosen. */
  onStack: (box: Box) => void;
  onFold: () => void;
  /** When this number changes, the whole drawing is fitted into the view. */
  fitted: number;
  /** The number of zoom steps so far. A larger number zooms in, a smaller one zooms out. */
  zoomSteps: number;
}

/** The call graph as boxes and arrows. Drag to pan, use the wheel to zoom. Renders only what is in view. */
export function Boxes({ graph, selected, onSelect, onStack, onFold, fitted, zoomSteps }: Props) {
  const { tree, folding } = graph;
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const pinned = useMemo(() => new Set(selected === undefined ? [] : [selected]), [selected]);
  const layout = layoutOf(tree.root, folding, pinned);
  const { view, setMoved, handlers } = usePanning(layout, size, fitted, zoomSteps);
  const [active, setActive] = useState<string>();
  const seen = layout.boxes.filter((box) => isSeen(transformed(place(box), view), view, size));
  const activeKey = active ?? selected ?? tree.root.node.id;

  const choose = (box: Box) => {
    setActive(box.key);
    if (box.stack) onStack(box);
    else onSelect(box.branch.node.id);
  };
  const toggle = (box: Box) => {
    folding.set(box.branch.node.id, !folding.isOpen(box.branch.node.id));
    onFold();
  };
  const press = (event: KeyboardEvent) => {
    const at = layout.boxes.find((box) => box.key === activeKey);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = neighbour(layout.boxes, at, event.key);
    if (event.key === 'Enter') choose(at);
    else if (event.key === ' ' && !at.stack && at.branch.children.length > 0) toggle(at);
    else if (event.key === 'ArrowRight' && !at.stack && !next && at.branch.children.length > 0) toggle(at);
    else if (next) {
      setActive(next.key);
      setMoved(inView(view, place(next), size));
    } else return;
    event.preventDefault();
  };

  return (
    <div
      class="bx"
      ref={frame}
      role="tree"
      aria-label="Call graph"
      tabIndex={0}
      aria-activedescendant={seen.some((box) => box.key === activeKey) ? domId(layout, activeKey) : undefined}
      onKeyDown={press}
      {...handlers}
    >
      <svg width={size.width} height={size.height} role="presentation">
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`} role="presentation">
          <Edges boxes={layout.boxes} view={view} size={size} />
          {seen.map((box) => (
            <BoxView
              key={box.key}
              box={box}
              domId={domId(layout, box.key)}
              isActive={box.key === activeKey}
              isSelected={!box.stack && box.branch.node.id === selected}
              open={box.stack || box.branch.children.length === 0 ? undefined : folding.isOpen(box.branch.node.id)}
              onChoose={() => choose(box)}
              onToggle={() => toggle(box)}
            />
          ))}
        </g>
      </svg>
    </div>
  );
}

/**
 * Edges from callers to callees, bold and dashed if the caller waits now. Also edges to awaited calls of other callers.
 */
function Edges({ boxes, view, size }: { boxes: readonly Box[]; view: View; size: Size }) {
  const byId = new Map(boxes.filter((box) => !box.stack).map((box) => [box.branch.node.id, box]));
  const edges = boxes.flatMap((box) => {
    const { parent } = box;
    const waits = new Set(box.branch.node.awaits ?? []);
    const further = box.stack
      ? []
      : [...waits].flatMap((id) => {
          const awaited = byId.get(id);
          return awaited && awaited.parent !== box
            ? [{ key: `${box.key}\n>${id}`, from: box, to: awaited, awaited: true }]
            : [];
        });
    if (!parent) return further;
    const awaited = parent.branch.node.awaits ?? [];
    const isAwaited = box.stack
      ? box.stack.members.some(({ node }) => awaited.includes(node.id))
      : awaited.includes(box.branch.node.id);
    return [{ key: box.key, from: parent, to: box, awaited: isAwaited }, ...further];
  });
  return (
    <>
      {edges
        .filter(({ from, to }) => crosses(transformed(place(from), view), transformed(place(to), view), size))
        .map(({ key, from, to, awaited }) => (
          <path key={key} class={awaited ? 'bx-edge awaited' : 'bx-edge'} d={edgePath(place(from), place(to))} />
        ))}
    </>
  );
}

function domId(layout: Layout, key: string): string {
  return `bx-${layout.boxes.findIndex((box) => box.key === key)}`;
}

function isSeen({ x, y }: Point, { scale }: View, { width, height }: Size): boolean {
  return (
    x < width + AROUND && y < height + AROUND && x + BOX.width * scale > -AROUND && y + BOX.height * scale > -AROUND
  );
}

function crosses(a: Point, b: Point, { width, height }: Size): boolean {
  return (
    Math.max(a.x, b.x) > -AROUND &&
    Math.min(a.x, b.x) < width + AROUND &&
    Math.max(a.y, b.y) > -AROUND &&
    Math.min(a.y, b.y) < height + AROUND
  );
}

/** Pans as little as needed to show a whole box. */
function inView(view: View, at: Point, { width, height }: Size): View {
  const { x, y } = transformed(at, view);
  const dx = Math.max(16 - x, Math.min(0, width - 16 - (x + BOX.width * view.scale)));
  const dy = Math.max(16 - y, Math.min(0, height - 16 - (y + BOX.height * view.scale)));
  return dx === 0 && dy === 0 ? view : { ...view, x: view.x + dx, y: view.y + dy };
}
