import { serverNow } from '../api/server-clock.ts';
import { duration, lookOf } from '../parts/index.ts';
import { kindLabel, nodeLabel, nodeLook } from './look.ts';
import type { Box, Stack } from './model/layout.ts';
import { endOf, NODE_STATES, titleOf } from './model/node.ts';
import { failedOf } from './model/tree.ts';

const WIDTH = 196;
const HEIGHT = 48;
const GAP_X = 64;
const GAP_Y = 16;

/** Sizes and gaps of boxes in px. */
export const BOX = {
  width: WIDTH,
  height: HEIGHT,
  gapX: GAP_X,
  gapY: GAP_Y,
  columnStep: WIDTH + GAP_X,
  lineStep: HEIGHT + GAP_Y,
};

export interface Point {
  x: number;
  y: number;
}

/** Upper left corner. */
export function place({ column, line }: Box): Point {
  return { x: column * BOX.columnStep, y: line * BOX.lineStep };
}

/** A curve from the right side of one box to the left side of another. */
export function edgePath(from: Point, to: Point): string {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(GAP_X / 2, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

interface Props {
  box: Box;
  domId: string;
  isActive: boolean;
  isSelected: boolean;
  /** Undefined if the box has no children. */
  open: boolean | undefined;
  onChoose: () => void;
  onToggle: () => void;
}

export function BoxView({ box, domId, isActive, isSelected, open, onChoose, onToggle }: Props) {
  const { x, y } = place(box);
  const { node, children } = box.branch;
  const tone = box.stack ? stackTone(box.stack) : nodeLook(node).tone;
  return (
    <g
      id={domId}
      class={`bx-box bx-${tone}${isActive ? ' active' : ''}${isSelected ? ' selected' : ''}`}
      role="treeitem"
      aria-level={box.column + 1}
      aria-selected={isSelected}
      aria-expanded={open}
      data-id={box.stack ? undefined : node.id}
      transform={`translate(${x} ${y})`}
      onClick={onChoose}
    >
      {box.stack ? <StackBody stack={box.stack} /> : <NodeBody box={box} />}
      {open !== undefined && (
        <g
          class="bx-toggle"
          transform={`translate(${WIDTH} ${HEIGHT / 2})`}
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          <circle r={open ? 8 : 13} />
          <text dy="0.34em">{open ? '–' : short(children.length)}</text>
        </g>
      )}
    </g>
  );
}

function NodeBody({ box: { branch } }: { box: Box }) {
  const { node } = branch;
  const look = nodeLook(node);
  return (
    <>
      <title>{nodeLabel(node)}</title>
      <rect class="bx-frame" width={WIDTH} height={HEIGHT} rx="9" />
      <rect class="bx-edge-bar" x="0.5" y="8" width="4" height={HEIGHT - 16} rx="2" />
      <text class="bx-title" x="14" y="20">
        {cut(titleOf(node), 24)}
      </text>
      <text class="bx-sub" x="14" y="37">
        {cut(`${node.absent ? 'not stored' : look.label} · ${detail(branch.node)}`, 31)}
      </text>
    </>
  );
}

function detail(node: Box['branch']['node']): string {
  const took = duration(endOf(node, serverNow()) - node.createdAt);
  return node.kind === 'root' || node.kind === 'sleep' ? took : `${kindLabel(node.kind)} · ${took}`;
}

/** Many calls drawn as one box, with the number per state as text and as a bar. */
function StackBody({ stack }: { stack: Stack }) {
  const total = stack.members.length;
  let at = 0;
  return (
    <>
      <title>{stackLabel(stack)}</title>
      <rect class="bx-frame bx-behind" x="8" y="8" width={WIDTH - 4} height={HEIGHT} rx="9" />
      <rect class="bx-frame bx-behind" x="4" y="4" width={WIDTH - 2} height={HEIGHT} rx="9" />
      <rect class="bx-frame" width={WIDTH} height={HEIGHT} rx="9" />
      <text class="bx-title" x="14" y="18">
        {cut(stack.title, 18)}
      </text>
      <text class="bx-count" x={WIDTH - 12} y="18">
        ×{total.toLocaleString('en')}
      </text>
      <text class="bx-sub" x="14" y="33">
        {cut(countsText(stack), 31)}
      </text>
      {NODE_STATES.map((state) => {
        const width = (stack.counts[state] / total) * (WIDTH - 28);
        const x = 14 + at;
        at += width;
        return (
          width > 0 && (
            <rect key={state} class={`bx-share fill-${lookOf(state).tone}`} x={x} y="39" width={width} height="4" />
          )
        );
      })}
    </>
  );
}

function stackTone({ counts }: Stack): string {
  if (failedOf(counts) > 0) return 'bad';
  return counts.pending > 0 ? 'pending' : 'good';
}

/** `998 resolved, 2 pending` */
export function countsText({ counts }: Pick<Stack, 'counts'>): string {
  return NODE_STATES.filter((state) => counts[state] > 0)
    .sort((a, b) => counts[b] - counts[a])
    .map((state) => `${counts[state].toLocaleString('en')} ${lookOf(state).label.toLowerCase()}`)
    .join(', ');
}

function stackLabel(stack: Stack): string {
  return `${stack.members.length} calls of ${stack.title}: ${countsText(stack)}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function short(count: number): string {
  return count < 1_000 ? String(count) : `${Math.floor(count / 1_000)}k`;
}
