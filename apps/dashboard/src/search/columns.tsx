import type { PromiseSummary } from '@resonate/admin';
import { duration, Icon, links, StateBadge, Time, useNow, type Column } from '../parts/index.ts';

/** A promise's function and id as a link to its page. */
export function PromiseName({ id, name }: { id: string; name: string | undefined }) {
  return (
    <a class="promise-name" href={links.promise(id)}>
      {name !== undefined && <span class="function-name">{name}</span>}
      <span>{id}</span>
    </a>
  );
}

const PROMISE: Column<PromiseSummary> = {
  title: 'Promise',
  kind: 'id',
  cell: (row) => <PromiseName id={row.id} name={row.function ?? nameOfTimer(row)} />,
};
const STATE: Column<PromiseSummary> = { title: 'State', cell: ({ state }) => <StateBadge state={state} /> };
const ERROR: Column<PromiseSummary> = { title: 'Error', cell: (row) => <ErrorText {...row} /> };
const WHY: Column<PromiseSummary> = {
  title: 'Why',
  cell: (row) => row.reason ?? <ErrorText {...row} />,
};
const TOOK: Column<PromiseSummary> = { title: 'Took', cell: (row) => <Took {...row} /> };
const CREATED: Column<PromiseSummary> = { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> };
const FAILED: Column<PromiseSummary> = {
  title: 'Failed',
  cell: ({ settledAt, timeoutAt }) => <Time at={settledAt ?? timeoutAt} />,
};
const TAGS: Column<PromiseSummary> = { title: 'Tags', cell: ({ tags }) => <Tags tags={tags} /> };
const GRAPH: Column<PromiseSummary> = {
  title: 'Call graph',
  kind: 'actions',
  cell: ({ id, origin = id }) => (
    <a class="button small" href={links.graph(origin)} aria-label={`Call graph of ${origin}`}>
      <Icon name="graph" size={14} />
      Graph
    </a>
  ),
};

/** Columns for these rows: reasons, errors and tags only if there are any. */
export function columnsFor(rows: readonly PromiseSummary[]): Column<PromiseSummary>[] {
  return [
    PROMISE,
    STATE,
    ...reasonColumn(rows),
    CREATED,
    TOOK,
    ...(rows.some(({ tags }) => shownTags(tags).length > 0) ? [TAGS] : []),
    GRAPH,
  ];
}

function reasonColumn(rows: readonly PromiseSummary[]): Column<PromiseSummary>[] {
  if (rows.some(({ reason }) => reason !== undefined)) return [WHY];
  return rows.some(({ error }) => error !== undefined) ? [ERROR] : [];
}

/** Columns for promises that failed. */
export const FAILURE_COLUMNS: readonly Column<PromiseSummary>[] = [PROMISE, STATE, ERROR, FAILED, TOOK, GRAPH];

function nameOfTimer({ tags }: PromiseSummary): string | undefined {
  return tags['resonate:timer'] === 'true' ? 'sleep' : undefined;
}

function ErrorText({ error }: PromiseSummary) {
  if (error === undefined) return <span class="dim">–</span>;
  return (
    <span class="error-text" title={error}>
      {error}
    </span>
  );
}

function Took({ createdAt, settledAt }: PromiseSummary) {
  const now = useNow();
  if (settledAt !== undefined) return <span class="nowrap">{duration(settledAt - createdAt)}</span>;
  return <span class="nowrap dim">{duration(Math.max(0, now - createdAt), 1)} so far</span>;
}

/** Tags that the page already shows in another way, or that nearly all workflows have. */
const OWN_TAGS = new Set(
  ['origin', 'branch', 'parent', 'prefix', 'scope', 'timer', 'target'].map((name) => `resonate:${name}`),
);
const MAX_SHOWN = 3;

function shownTags(tags: PromiseSummary['tags']): [name: string, value: string][] {
  return Object.entries(tags).filter(([name]) => !OWN_TAGS.has(name));
}

function Tags({ tags }: { tags: PromiseSummary['tags'] }) {
  const shown = shownTags(tags);
  if (shown.length === 0) return <span class="dim">–</span>;
  return (
    <span class="tags">
      {shown.slice(0, MAX_SHOWN).map(([name, value]) => (
        <a
          key={name}
          class="tag"
          title={`Search for ${name} = ${value}`}
          href={`${links.promises}?kind=all&tag=${encodeURIComponent(`${name}=${value}`)}`}
        >
          <span class="dim">{name.replace(/^resonate:/, '')}</span> {value}
        </a>
      ))}
      {shown.length > MAX_SHOWN && <span class="dim">+{shown.length - MAX_SHOWN}</span>}
    </span>
  );
}
