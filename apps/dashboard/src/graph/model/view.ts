/** How a drawing is shown: moved by x, y pixels after being scaled. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

interface Size {
  width: number;
  height: number;
}

const MIN_SCALE = 0.05;
const MAX_SCALE = 2.5;
/** Text gets unreadable below it: what does not fit then is left to panning. */
const MIN_FIT = 0.55;
const MARGIN = 24;

/** All of a drawing in the frame, as large as it gets; one too large for reading starts at its left, in the middle. */
export function fit(drawing: Size, frame: Size): View {
  const room = { width: frame.width - 2 * MARGIN, height: frame.height - 2 * MARGIN };
  const whole = Math.min(1, room.width / drawing.width, room.height / drawing.height);
  const scale = Math.max(MIN_FIT, whole);
  const width = drawing.width * scale;
  const height = drawing.height * scale;
  return {
    scale,
    x: width <= room.width ? Math.max(MARGIN, (frame.width - width) / 2) : MARGIN,
    y: (frame.height - height) / 2,
  };
}

/** Scaled by a factor, keeping what is at a point of the frame where it is. */
export function zoomedAt({ x, y, scale }: View, factor: number, at: { x: number; y: number }): View {
  const next = Math.max(MIN_SCALE, Math.min(MAX_SCALE, scale * factor));
  const by = next / scale;
  return { scale: next, x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by };
}

/** Where a point of the drawing is in the frame. */
export function transformed(at: { x: number; y: number }, { x, y, scale }: View): { x: number; y: number } {
  return { x: at.x * scale + x, y: at.y * scale + y };
}
