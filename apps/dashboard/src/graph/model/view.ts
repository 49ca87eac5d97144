/** The position of a drawing: it is scaled first, then moved by x, y pixels. */
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
/**
 * The smallest scale for fitting, because text is unreadable below it. If the drawing still does not fit, the user must
 * pan.
 */
const MIN_FIT = 0.55;
const MARGIN = 24;

/**
 * Fits a whole drawing into the frame, as large as possible. If it would be too small to read, shows its left end,
 * vertically centered.
 */
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

/** Scales by a factor. The point `at` of the frame keeps its place. */
export function zoomedAt({ x, y, scale }: View, factor: number, at: { x: number; y: number }): View {
  const next = Math.max(MIN_SCALE, Math.min(MAX_SCALE, scale * factor));
  const by = next / scale;
  return { scale: next, x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by };
}

/** The position in the frame of a point of the drawing. */
export function transformed(at: { x: number; y: number }, { x, y, scale }: View): { x: number; y: number } {
  return { x: at.x * scale + x, y: at.y * scale + y };
}
