import type { Box } from './layout.ts';

/** The box that an arrow key goes to: left to the caller, right to a call, up and down in the column. */
export function neighbour(boxes: readonly Box[], from: Box, key: string): Box | undefined {
  switch (key) {
    case 'ArrowLeft':
      return from.parent;
    case 'ArrowRight':
      return nearest(
        boxes.filter((box) => box.parent === from),
        from,
      );
    case 'ArrowUp':
      return nearest(
        boxes.filter((box) => box.column === from.column && box.line < from.line),
        from,
      );
    case 'ArrowDown':
      return nearest(
        boxes.filter((box) => box.column === from.column && box.line > from.line),
        from,
      );
    default:
      return undefined;
  }
}

function nearest(boxes: readonly Box[], to: Box): Box | undefined {
  let best: Box | undefined;
  for (const box of boxes) if (!best || Math.abs(box.line - to.line) < Math.abs(best.line - to.line)) best = box;
  return best;
}
