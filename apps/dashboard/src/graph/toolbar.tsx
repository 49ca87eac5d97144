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

/** Above the drawing: which view, what is shown, folding, zoom. */
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
        <label class="check graph-check" title="The calls that decided when the workflow ended">
          <input
            type="checkbox"
            checked={isCriticalShown}
            onChange={(event) => onCritical(event.currentTarget.checked)}
          />
          Critical path
        </label>
      )}
      <div class="seg graph-folding" role="group" aria-label="Folding">
        <button type="button" class="seg-item" title="Unfold all" onClick={() => onFoldAll(true)}>
          Unfold
        </button>
        <button type="button" class="seg-item" title="Fold all" onClick={() => onFoldAll(false)}>
          Fold
        </button>
      </div>
      <div class="seg" role="group" aria-label="Zoom">
        <button type="button" class="seg-item" aria-label="Closer" title="Closer" onClick={() => onZoom(1)}>
          +
        </button>
        <button type="button" class="seg-item" aria-label="Farther" title="Farther" onClick={() => onZoom(-1)}>
          −
        </button>
        <button type="button" class="seg-item" onClick={onFit}>
          Fit
        </button>
      </div>
    </div>
  );
}
