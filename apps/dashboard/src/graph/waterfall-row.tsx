import { duration, Icon } from '../parts/index.ts';
import { kindLabel, KIND_TITLES, nodeLook } from './look.ts';
import { endOf, titleOf } from './model/node.ts';
import type { Row } from './model/rows.ts';
import { spansOf } from './model/spans.ts';
import { fractionOf, type Range } from './model/timescale.ts';
import { failedOf, totalOf } from './model/tree.ts';

/** Deeper levels are not indented further, so that there is room for the name. */
const MAX_INDENT = 14;
/** If a bar ends beyond this fraction of the axis, its label is on the left. */
const LABEL_RIGHT_UNTIL = 0.82;

interface Props {
  row: Row;
  index: number;
  rowHeight: number;
  domId: string;
  range: Range;
  now: number;
  isActive: boolean;
  isSelected: boolean;
  isCritical: boolean;
  onSelect: () => void;
  onToggle: () => void;
}

/** A row of the waterfall: the call, and a bar with its times. */
export function WaterfallRow(props: Props) {
  const { row, index, rowHeight, domId, isActive, isSelected, onSelect } = props;
  const { branch, depth, open, dimmed } = row;
  return (
    <div
      id={domId}
      class={`wf-row${isActive ? ' active' : ''}${isSelected ? ' selected' : ''}${dimmed ? ' dimmed' : ''}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={open}
      aria-selected={isSelected}
      data-id={branch.node.id}
      style={{ transform: `translateY(${index * rowHeight}px)` }}
      onClick={onSelect}
    >
      <RowName {...props} />
      <RowBar {...props} />
    </div>
  );
}

function RowName({ row: { branch, depth, open }, onToggle }: Props) {
  const { node } = branch;
  const look = nodeLook(node);
  const title = titleOf(node);
  const tries = node.task?.attempts ?? 0;
  return (
    <div class="wf-name" style={{ paddingLeft: `${8 + Math.min(depth, MAX_INDENT) * 16}px` }}>
      <span
        class={`wf-twist${open ? ' open' : ''}`}
        aria-hidden="true"
        onClick={(event) => {
          if (open === undefined) return;
          event.stopPropagation();
          onToggle();
        }}
      >
        {open !== undefined && <Icon name="right" size={14} />}
      </span>
      <span class={`wf-state tone-${look.tone}`} title={look.label}>
        <Icon name={look.icon} size={11} />
        <span class="visually-hidden">{look.label}</span>
      </span>
      <span class="wf-title" title={node.id}>
        {title}
      </span>
      {title !== node.id && <span class="wf-id">{shortId(node.id)}</span>}
      {node.absent && <span class="wf-chip">not stored</span>}
      {!node.absent && node.kind !== 'root' && title !== 'sleep' && (
        <span class="wf-chip" title={KIND_TITLES[node.kind]}>
          {kindLabel(node.kind)}
        </span>
      )}
      {node.state === 'pending' && tries > 1 && (
        <span class="wf-chip tone-pending" title="How often its message was sent">
          delivery {tries}
        </span>
      )}
      {open === false && <Folded counts={branch.counts} />}
    </div>
  );
}

/** The part of an id after its first colon: siblings differ there. */
function shortId(id: string): string {
  const colon = id.indexOf(':');
  return colon > 0 && colon < id.length - 1 ? id.slice(colon + 1) : id;
}

/** The number of collapsed calls by outcome. */
function Folded({ counts }: { counts: Row['branch']['counts'] }) {
  const failed = failedOf(counts);
  return (
    <span class="wf-folded">
      {counts.resolved > 0 && <span class="wf-chip tone-good">{counts.resolved} ✓</span>}
      {counts.pending > 0 && <span class="wf-chip tone-pending">{counts.pending} …</span>}
      {failed > 0 && <span class="wf-chip tone-bad">{failed} ✕</span>}
      <span class="visually-hidden">of {totalOf(counts)} collapsed</span>
    </span>
  );
}

function RowBar({ row: { branch, dimmed }, range, now, isCritical }: Props) {
  const { node } = branch;
  const end = endOf(node, now);
  const from = fractionOf(node.createdAt, range);
  const to = fractionOf(end, range);
  const isSeen = to >= 0 && from <= 1 && !node.absent;
  const deadline = fractionOf(node.timeoutAt, range);
  const label = labelOf(node.createdAt, end, node, now);
  const place = labelPlace(from, to);
  return (
    <div class={`wf-track bar-${node.state}${isCritical && !dimmed ? ' critical' : ''}`}>
      {isSeen &&
        spansOf(branch, now).map((span, n) => {
          const left = clamp(fractionOf(span.from, range));
          const width = clamp(fractionOf(span.to, range)) - left;
          return (
            <span key={n} class={`wf-bar wf-${span.kind}`} style={{ left: percent(left), width: percent(width) }} />
          );
        })}
      {isSeen && isCritical && (
        <span class="wf-critical" style={{ left: percent(clamp(from)), width: percent(clamp(to) - clamp(from)) }} />
      )}
      {node.state === 'pending' && deadline > 0 && deadline <= 1 && (
        <span class="wf-deadline" style={{ left: percent(deadline) }} title="Deadline" />
      )}
      {isSeen && (
        <span class={`wf-time ${place.inside ? 'inside' : ''}`} style={place.style}>
          {label}
        </span>
      )}
    </div>
  );
}

/** Right of the bar, or left of it if there is no room, or inside a bar that fills the axis. */
function labelPlace(from: number, to: number): { style: Record<string, string>; inside?: true } {
  if (to < LABEL_RIGHT_UNTIL) return { style: { left: percent(clamp(to)) } };
  if (from > 1 - LABEL_RIGHT_UNTIL) return { style: { right: percent(1 - clamp(from)) } };
  return { style: { right: percent(1 - clamp(to)) }, inside: true };
}

/** The duration; for a pending promise whose deadline is near, also the time left. */
function labelOf(from: number, to: number, { state, timeoutAt, kind }: Row['branch']['node'], now: number): string {
  const took = duration(to - from);
  const left = timeoutAt - now;
  if (state !== 'pending' || left > NEAR_MS || left > 20 * (to - from + 1_000)) return took;
  if (left <= 0) return `${took} · due`;
  return kind === 'sleep' ? `${took} · wakes in ${duration(left, 1)}` : `${took} · ${duration(left, 1)} to deadline`;
}

const NEAR_MS = 3_600_000;

function clamp(fraction: number): number {
  return Math.max(0, Math.min(1, fraction));
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(3)}%`;
}
