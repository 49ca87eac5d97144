import type { Promises, PromiseSummary } from '@resonate/admin';
import { get } from '../api/client.ts';
import { usePages } from '../api/use-pages.ts';
import { useQuery } from '../api/use-query.ts';
import {
  duration,
  Empty,
  ErrorState,
  Icon,
  links,
  Loading,
  Page,
  serverNow,
  StateBadge,
  Table,
  Time,
  useNow,
  type Column,
} from '../parts/index.ts';
import { ListFoot } from '../parts/list-foot.tsx';
import { isNarrowed, readFilters, requestOf } from './filters.ts';
import { SearchForm } from './search-form.tsx';

const COLUMNS: readonly Column<PromiseSummary>[] = [
  { title: 'Promise', kind: 'id', cell: (row) => <PromiseName id={row.id} name={row.function ?? nameOfTimer(row)} /> },
  { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: 'Took', cell: (row) => <Took {...row} /> },
  { title: 'Tags', cell: ({ tags }) => <Tags tags={tags} /> },
  {
    title: 'Call graph',
    kind: 'actions',
    cell: ({ id, origin = id }) => (
      <a class="button small" href={links.graph(origin)} aria-label={`Call graph of ${origin}`}>
        <Icon name="graph" size={14} />
        Graph
      </a>
    ),
  },
];

/** Promises, newest first; only workflows by default. */
export function SearchPage() {
  const [params, change] = useQuery();
  const filters = readFilters(params);
  const pages = usePages<PromiseSummary>(
    params.toString(),
    async (cursor, signal) => {
      const query = { ...requestOf(filters, serverNow()), cursor };
      const { promises, ...rest } = await get<Promises>('/admin/promises', query, signal);
      return { rows: promises, ...rest };
    },
    '',
  );
  const noun = filters.isAll ? 'promise' : 'workflow';
  return (
    <Page
      title="Promises"
      lead={
        filters.isAll
          ? 'All promises, newest first.'
          : 'Workflows, newest first. A workflow is a promise that no other promise has called.'
      }
    >
      <SearchForm key={params.toString()} filters={filters} onChange={change} />
      <section class="panel" aria-label="Results" aria-busy={pages.isLoading}>
        {pages.error && <ErrorState error={pages.error} onRetry={pages.reload} />}
        {pages.rows.length > 0 && <Table label="Promises" columns={COLUMNS} rows={pages.rows} keyOf={({ id }) => id} />}
        {pages.rows.length === 0 && pages.isLoading && <Loading />}
        {pages.rows.length === 0 && !pages.isLoading && !pages.error && (
          <Nothing noun={noun} isNarrowed={isNarrowed(filters)} isAll={filters.isAll} />
        )}
        {(pages.rows.length > 0 || pages.cursor !== undefined) && <ListFoot pages={pages} noun={noun} />}
      </section>
    </Page>
  );
}

/** A promise's function and id as a link to its page. */
export function PromiseName({ id, name }: { id: string; name: string | undefined }) {
  return (
    <a class="promise-name" href={links.promise(id)}>
      {name !== undefined && <span class="function-name">{name}</span>}
      <span>{id}</span>
    </a>
  );
}

function nameOfTimer({ tags }: PromiseSummary): string | undefined {
  return tags['resonate:timer'] === 'true' ? 'sleep' : undefined;
}

function Took({ createdAt, settledAt }: PromiseSummary) {
  const now = useNow();
  if (settledAt !== undefined) return <span class="nowrap">{duration(settledAt - createdAt)}</span>;
  return <span class="nowrap dim">{duration(Math.max(0, now - createdAt), 1)} so far</span>;
}

/** Tags that the page already shows in another way. */
const OWN_TAGS = new Set(['origin', 'branch', 'parent', 'prefix', 'scope', 'timer'].map((name) => `resonate:${name}`));
const MAX_SHOWN = 3;

function Tags({ tags }: { tags: PromiseSummary['tags'] }) {
  const shown = Object.entries(tags).filter(([name]) => !OWN_TAGS.has(name));
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

function Nothing({ noun, isNarrowed, isAll }: { noun: string; isNarrowed: boolean; isAll: boolean }) {
  return (
    <Empty title={isNarrowed ? `No ${noun} matches` : `There is no ${noun} yet`}>
      {isNarrowed ? (
        isAll ? (
          'The id filter matches the beginning of an id. Function and tag must match exactly.'
        ) : (
          'This searched only workflows. Choose “All promises” to search their steps, too.'
        )
      ) : (
        <>
          Start one with an SDK, or with <code class="mono">resonate invoke ID -f FUNCTION</code>.
        </>
      )}
    </Empty>
  );
}
