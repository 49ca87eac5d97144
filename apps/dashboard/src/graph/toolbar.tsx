import type { ComponentChildren } from 'preact';
import { Icon } from '../parts/index.ts';

interface Props {
  isBoxes: boolean;
  onView: (view: string | undefined) => void;
  onZoom: (step: 1 | -1) => void;
  onFit: () => void;
  onFoldAll: (isOpen: boolean) => void;
  isCriticalShown: boolean;
  onCritical: (isShown: boolean) => void;
  children: ComponentChildren;
}

/** Above the drawing: view, filter, critical path, expand and collapse, zoom. */
export function Toolbar(props: Props) {
  const { isBoxes, onView, onZoom, onFit, onFoldAll, isCriticalShown, onCritical, children } = props;
  return (
    <div class="graph-tools">
      <div class="seg" role="group" aria-label="View">
        <button type="button" class="seg-item" aria-pressed={!isBoxes} onClick={() => onView(undefined)}>
          <Icon name="overview" size={14} />
          Waterfall
        </button>
        <button type="button" class="seg-item" aria-pressed={isBoxes} onClick={() => onView('boxes')}>
          <Icon name="graph" size={14} />
          Graph
        </button>
      </div>
      {children}
      <span class="graph-spring" />
      {!isBoxes && (
        <label class="check graph-check" title="Mark the calls that determined when the workflow ended">
          <input
            type="checkbox"
            checked={isCriticalShown}
            onChange={(event) => onCritical(event.currentTarget.checked)}
          />
          Critical path
        </label>
      )}
      <div class="seg graph-folding" role="group" aria-label="Expand or collapse">
        <button type="button" class="seg-item" title="Expand all" onClick={() => onFoldAll(true)}>
          Expand
        </button>
        <button type="button" class="seg-item" title="Collapse all" onClick={() => onFoldAll(false)}>
          Collapse
        </button>
      </div>
      <div class="seg" role="group" aria-label="Zoom">
        <button type="button" class="seg-item" aria-label="Zoom in" title="Zoom in" onClick={() => onZoom(1)}>
          +
        </button>
        <button type="button" class="seg-item" aria-label="Zoom out" title="Zoom out" onClick={() => onZoom(-1)}>
          −
        </button>
        <button type="button" class="seg-item" onClick={onFit}>
          Fit
        </button>
      </div>
    </div>
  );
}
