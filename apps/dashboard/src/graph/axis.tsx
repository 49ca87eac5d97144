import { useRef, useState } from 'preact/hooks';
import { fractionOf, ticksOf, zoomed, type Range } from './model/timescale.ts';

/** Width of a label including the space around it, px. */
const TICK_PX = 86;
/** A tick closer than this to the right end has no label, because there is no room for it. */
const LABEL_PX = 56;
/** A shorter drag counts as a click. */
const MIN_DRAG_PX = 6;

interface Props {
  range: Range;
  whole: Range;
  /** The time labelled 0, epoch ms. */
  start: number;
  width: number;
  onZoom: (range: Range | undefined) => void;
}

/**
 * The time axis. Drag over it to zoom into a range, double-click to show everything, or use Ctrl and the wheel to zoom.
 */
export function Axis({ range, whole, start, width, onZoom }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const fractionAt = (clientX: number) => {
    const box = element.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return Math.max(0, Math.min(1, (clientX - box.left) / box.width));
  };
  const finish = () => {
    if (!drag) return;
    setDrag(undefined);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    const length = range.to - range.from;
    if ((to - from) * width < MIN_DRAG_PX) return;
    const stretch = { from: range.from + length * from, to: range.from + length * to };
    onZoom(zoomed(stretch, whole, 1));
  };
  return (
    <div
      class="wf-axis"
      ref={element}
      title="Drag to zoom in, double-click to show all"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = fractionAt(event.clientX);
        setDrag({ from: at, to: at });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: fractionAt(event.clientX) })}
      onPointerUp={finish}
      onDblClick={() => onZoom(undefined)}
      onWheel={(event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        onZoom(zoomed(range, whole, event.deltaY > 0 ? 1.25 : 0.8, fractionAt(event.clientX)));
      }}
    >
      {ticksOf(range, start, Math.max(2, Math.floor(width / TICK_PX))).map(({ at, label }) => {
        const fraction = fractionOf(at, range);
        return (
          <span key={at} class="wf-tick" style={{ left: `${fraction * 100}%` }}>
            {(1 - fraction) * width >= LABEL_PX && label}
          </span>
        );
      })}
      {drag && (
        <span
          class="wf-drag"
          style={{ left: `${Math.min(drag.from, drag.to) * 100}%`, width: `${Math.abs(drag.to - drag.from) * 100}%` }}
        />
      )}
    </div>
  );
}
