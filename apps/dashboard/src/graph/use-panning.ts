import { useEffect, useRef, useState } from 'preact/hooks';
import { BOX } from './box.tsx';
import type { Layout } from './model/layout.ts';
import { fit, zoomedAt, type View } from './model/view.ts';
import type { Size } from './use-size.ts';

/** A shorter drag counts as a click. */
const MIN_DRAG_PX = 5;

interface Drag {
  x: number;
  y: number;
  view: View;
  isDragged: boolean;
}

/**
 * The visible part of a drawing. It shows everything until the user pans or zooms, and everything again when `fitted`
 * changes.
 * @param zoomSteps number of zoom steps so far; a change zooms
 */
export function usePanning(layout: Layout, size: Size, fitted: number, zoomSteps: number) {
  const [moved, setMoved] = useState<View>();
  const view = moved ?? fit(extent(layout), size);
  const drag = useRef<Drag | null>(null);
  const steps = useRef(zoomSteps);
  useEffect(() => setMoved(undefined), [fitted]);
  useEffect(() => {
    const by = zoomSteps - steps.current;
    steps.current = zoomSteps;
    if (by !== 0) setMoved(zoomedAt(view, 1.3 ** by, { x: size.width / 2, y: size.height / 2 }));
  }, [zoomSteps]);
  const end = () => (drag.current = null);
  const handlers = {
    onPointerDown(event: PointerEvent) {
      drag.current = { x: event.clientX, y: event.clientY, view, isDragged: false };
    },
    onPointerMove(event: PointerEvent) {
      const from = drag.current;
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.isDragged && Math.hypot(dx, dy) < MIN_DRAG_PX) return;
      // Capture the pointer only now: otherwise a click would not reach the box below it.
      if (!from.isDragged) (event.currentTarget as Element).setPointerCapture(event.pointerId);
      from.isDragged = true;
      setMoved({ ...from.view, x: from.view.x + dx, y: from.view.y + dy });
    },
    onPointerUp: end,
    onPointerCancel: end,
    onWheel(event: WheelEvent) {
      event.preventDefault();
      const box = (event.currentTarget as Element).getBoundingClientRect();
      setMoved(
        zoomedAt(view, event.deltaY > 0 ? 1 / 1.15 : 1.15, { x: event.clientX - box.left, y: event.clientY - box.top }),
      );
    },
  };
  return { view, setMoved, handlers };
}

function extent({ columns, lines }: Layout): Size {
  return { width: columns * BOX.columnStep - BOX.gapX, height: Math.max(1, lines) * BOX.lineStep - BOX.gapY };
}
