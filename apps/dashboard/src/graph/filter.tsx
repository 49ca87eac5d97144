import { Icon } from '../parts/index.ts';
import { isFailed, titleOf } from './model/node.ts';
import type { Matcher } from './model/rows.ts';
import { failedOf, totalOf, type Counts } from './model/tree.ts';

export interface FilterState {
  show: 'all' | 'pending' | 'failed';
  text: string;
}

export const NO_FILTER: FilterState = { show: 'all', text: '' };

/** @returns undefined if the filter shows everything. */
export function matcherOf({ show, text }: FilterState): Matcher | undefined {
  const wanted = text.trim().toLowerCase();
  if (show === 'all' && wanted === '') return undefined;
  return (node) => {
    if (show === 'pending' && node.state !== 'pending') return false;
    if (show === 'failed' && !isFailed(node.state)) return false;
    return wanted === '' || titleOf(node).toLowerCase().includes(wanted) || node.id.toLowerCase().includes(wanted);
  };
}

interface Props {
  filter: FilterState;
  counts: Counts;
  onChange: (filter: FilterState) => void;
}

/** Chooses which calls are shown; each choice has its number of calls. */
export function Filter({ filter, counts, onChange }: Props) {
  const choices = [
    { show: 'all', label: 'All', count: totalOf(counts) },
    { show: 'pending', label: 'Pending', count: counts.pending },
    { show: 'failed', label: 'Failed', count: failedOf(counts) },
  ] as const;
  return (
    <>
      <div class="seg" role="group" aria-label="Calls to show">
        {choices.map(({ show, label, count }) => (
          <button
            key={show}
            type="button"
            class={`seg-item seg-${show}`}
            aria-pressed={filter.show === show}
            onClick={() => onChange({ ...filter, show })}
          >
            {label} <span class="seg-count">{count.toLocaleString('en')}</span>
          </button>
        ))}
      </div>
      <label class="graph-find">
        <Icon name="search" size={14} />
        <input
          type="search"
          placeholder="Function or id"
          aria-label="Find calls by function or id"
          value={filter.text}
          onInput={(event) => onChange({ ...filter, text: event.currentTarget.value })}
        />
      </label>
    </>
  );
}
