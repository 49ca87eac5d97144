import { useRef, useState } from 'preact/hooks';
import { duration, Icon, useNow } from '../parts/index.ts';
import { countsText } from './box.tsx';
import { Filter, matcherOf, NO_FILTER } from './filter.tsx';
import { nodeLook } from './look.ts';
import { endOf, titleOf } from './model/node.ts';
import { windowOf } from './model/rows.ts';
import { noCounts, type Branch } from './model/tree.ts';
import { useSize } from './use-size.ts';

const ROW_PX = 34;

interface Props {
  parent: Branch | undefined;
  /** The function whose calls are listed; `calls` lists all. */
  title: string;
  onSelect: (id: string) => void;
  onClose: () => void;
}

/** The calls of a stack, one by one. */
export function StackPanel({ parent, title, onSelect, onClose }: Props) {
  const [filter, setFilter] = useState(NO_FILTER);
  const [top, setTop] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const { height } = useSize(list);
  const now = useNow();
  const children = parent?.children ?? [];
  const named = children.filter(({ node }) => titleOf(node) === title);
  const members = named.length > 0 ? named : children;
  const counts = noCounts();
  for (const { node } of members) counts[node.state]++;
  const matches = matcherOf(filter);
  const shown = matches ? members.filter(({ node }) => matches(node)) : members;
  const view = windowOf({ count: shown.length, rowHeight: ROW_PX, top, height });
  return (
    <aside class="panel graph-side" aria-label={`Calls of ${title}`}>
      <header class="panel-head">
        <h2>
          {title} <span class="dim">×{members.length.toLocaleString('en')}</span>
        </h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p class="stack-counts">{countsText({ counts })}</p>
      <div class="graph-tools">
        <Filter filter={filter} counts={counts} onChange={setFilter} />
      </div>
      <div class="stack-list" ref={list} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <ul style={{ height: `${shown.length * ROW_PX}px` }}>
          {shown.slice(view.from, view.to).map(({ node }, n) => {
            const look = nodeLook(node);
            return (
              <li key={node.id} style={{ transform: `translateY(${(view.from + n) * ROW_PX}px)` }}>
                <button type="button" onClick={() => onSelect(node.id)}>
                  <span class={`wf-state tone-${look.tone}`} title={look.label}>
                    <Icon name={look.icon} size={11} />
                    <span class="visually-hidden">{look.label}</span>
                  </span>
                  <span class="mono stack-id">{node.id}</span>
                  <span class="dim nowrap">{duration(endOf(node, now) - node.createdAt)}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </aside>
  );
}
