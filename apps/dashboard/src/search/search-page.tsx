import type { PromiseSummary } from '@resonate/admin';
import { serverNow } from '../api/server-clock.ts';
import { get } from '../api/client.ts';
import { usePages } from '../api/use-pages.ts';
import { useQuery } from '../api/use-query.ts';
import { StartButton } from '../call/start-button.tsx';
import { Empty, ErrorState, links, Loading, Page, SelectionBar, Table, useSelection } from '../parts/index.ts';
import { ListFoot } from '../parts/list-foot.tsx';
import { CANCEL } from '../actions/cancel.ts';
import { columnsFor } from './columns.tsx';
import { hasText, isNarrowed, readFilters, requestOf, type Filters, type Kind } from './filters.ts';
import { SearchForm } from './search-form.tsx';

/** Promises, newest first. By default workflows; a search by text also finds their steps, listed below. */
export function SearchPage() {
  const [params, change] = useQuery();
  const filters = readFilters(params);
  const key = params.toString();
  return (
    <Page
      title="Promises"
      lead={
        filters.isAll
          ? 'All promises, newest first.'
          : 'Workflows, newest first. A workflow is a promise that no other promise has called.'
      }
      actions={<StartButton />}
    >
      <SearchForm key={key} filters={filters} onChange={change} />
      <Results key={`main ${key}`} filters={filters} kind={filters.isAll ? 'all' : 'roots'} />
      {!filters.isAll && hasText(filters) && <Results key={`steps ${key}`} filters={filters} kind="steps" />}
    </Page>
  );
}

const NOUNS: Readonly<Record<Kind, string>> = { all: 'promise', roots: 'workflow', steps: 'step' };
const TITLES: Readonly<Record<Kind, string>> = { all: 'Promises', roots: 'Workflows', steps: 'Steps' };

/** One list. The list of steps is hidden while it is empty, unless its search failed. */
function Results({ filters, kind }: { filters: Filters; kind: Kind }) {
  const pages = usePages<PromiseSummary>(
    kind,
    async (cursor, signal) => {
      const query = { ...requestOf(filters, kind, serverNow()), cursor };
      const { promises, ...rest } = await get('/admin/promises', query, signal);
      return { rows: promises, ...rest };
    },
    '',
  );
  const { rows, cursor, error, isLoading } = pages;
  const selection = useSelection(rows, { keyOf: ({ id }) => id, nameOf: ({ id }) => id, isSelectable: CANCEL.applies });
  if (kind === 'steps' && rows.length === 0 && cursor === undefined && !error) return null;
  return (
    <section class="panel" aria-label={TITLES[kind]} aria-busy={isLoading}>
      {kind === 'steps' && (
        <header class="panel-head">
          <h2>Steps of workflows</h2>
        </header>
      )}
      {error && <ErrorState error={error} onRetry={pages.reload} />}
      {rows.length > 0 && (
        <Table
          label={TITLES[kind]}
          columns={columnsFor(rows)}
          rows={rows}
          keyOf={({ id }) => id}
          selection={selection}
        />
      )}
      {rows.length === 0 && isLoading && <Loading />}
      {rows.length === 0 && !isLoading && !error && <Nothing filters={filters} noun={NOUNS[kind]} />}
      {(rows.length > 0 || cursor !== undefined) && <ListFoot pages={pages} noun={NOUNS[kind]} />}
      <SelectionBar selection={selection} actions={[CANCEL]} noun={NOUNS[kind]} onDone={pages.reload} />
    </section>
  );
}

function Nothing({ filters, noun }: { filters: Filters; noun: string }) {
  const { prefix, func } = filters;
  if (!isNarrowed(filters)) {
    return (
      <Empty title={`There is no ${noun} yet`}>
        Start one with the button above, with an SDK, or with <code class="mono">resonate invoke ID -f FUNCTION</code>.
      </Empty>
    );
  }
  return (
    <Empty title={`No ${noun} matches`}>
      <p>The id filter matches the beginning of an id. Function and tag must match exactly.</p>
      {prefix !== '' && func === '' && (
        <p>
          <a href={`${links.promises}?func=${encodeURIComponent(prefix)}`}>
            Search for the function <span class="mono">{prefix}</span>
          </a>
        </p>
      )}
    </Empty>
  );
}
