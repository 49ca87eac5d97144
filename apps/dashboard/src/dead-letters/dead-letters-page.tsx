import type { DeadLetter, Selection } from '@resonate/admin';
import { useState } from 'preact/hooks';
import { get } from '../api/client.ts';
import { usePages } from '../api/use-pages.ts';
import { useQuery } from '../api/use-query.ts';
import {
  Empty,
  ErrorState,
  Icon,
  links,
  Loading,
  Page,
  Table,
  Time,
  useSelection,
  type Column,
} from '../parts/index.ts';
import { ListFoot } from '../parts/list-foot.tsx';
import { PrefixFilter } from '../tasks/tasks-page.tsx';
import { LetterDialog, type LetterAction } from './letter-dialog.tsx';
import { RedriveProgress } from './redrive-progress.tsx';

/** Messages that could not be delivered, their errors, and actions on them. */
export function DeadLettersPage() {
  const [params, change] = useQuery();
  const [action, setAction] = useState<LetterAction | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const filter = readFilter(params);
  const pages = usePages<DeadLetter>(params.toString(), (cursor, signal) => load(filter, cursor, signal), '');
  const selection = useSelection(pages.rows, {
    keyOf: ({ id }) => id,
    nameOf: ({ awaited }) => `the dead letter of ${awaited}`,
  });
  const endJob = () => {
    setJob(null);
    pages.reload();
  };
  const columns = columnsOf(setAction, ({ target, transport }) => change({ target, transport }));
  return (
    <Page
      title="Dead letters"
      lead="Notifications that could not be delivered, oldest first. Their promises are settled."
    >
      <div class="filters">
        <PrefixFilter key={filter.prefix} prefix={filter.prefix} onChange={(prefix) => change({ prefix })} />
        <TargetTag filter={filter} onClear={() => change({ target: '', transport: '' })} />
        <Bulk
          ids={selection.selected.map(({ id }) => id)}
          filter={filter}
          isEmpty={pages.rows.length === 0}
          act={setAction}
        />
      </div>
      {job !== null && <RedriveProgress key={job} id={job} onEnd={endJob} />}
      <section class="panel" aria-label="Results" aria-busy={pages.isLoading}>
        {pages.error && <ErrorState error={pages.error} onRetry={pages.reload} />}
        {pages.rows.length > 0 && (
          <Table
            label="Dead letters"
            columns={columns}
            rows={pages.rows}
            keyOf={({ id }) => id}
            selection={selection}
          />
        )}
        {pages.rows.length === 0 && pages.isLoading && <Loading />}
        {pages.rows.length === 0 && !pages.isLoading && !pages.error && (
          <Empty icon="check" title="No dead letters">
            Every message was delivered, or the server is still trying.
          </Empty>
        )}
        {(pages.rows.length > 0 || pages.cursor !== undefined) && <ListFoot pages={pages} noun="dead letter" />}
      </section>
      {action && (
        <LetterDialog
          action={action}
          onClose={() => setAction(null)}
          onOrdered={setJob}
          onDone={() => {
            selection.selectAll(false);
            pages.reload();
          }}
        />
      )}
    </Page>
  );
}

interface Filter {
  transport: string;
  target: string;
  prefix: string;
}

function readFilter(params: URLSearchParams): Filter {
  const read = (name: keyof Filter) => params.get(name) ?? '';
  return { transport: read('transport'), target: read('target'), prefix: read('prefix') };
}

async function load(filter: Filter, cursor: string | undefined, signal: AbortSignal | undefined) {
  const { deadLetters, ...rest } = await get('/admin/dead-letters', { ...filter, cursor }, signal);
  return { rows: deadLetters, ...rest };
}

function TargetTag({ filter: { transport, target }, onClear }: { filter: Filter; onClear: () => void }) {
  const shown = `${transport} ${target}`.trim();
  if (shown === '') return null;
  return (
    <button type="button" class="tag" aria-label={`Show all targets, not only ${shown}`} onClick={onClear}>
      {shown} <span aria-hidden="true">×</span>
    </button>
  );
}

interface BulkProps {
  ids: readonly number[];
  filter: Filter;
  isEmpty: boolean;
  act: (action: LetterAction) => void;
}

/** Selects all letters of a filter. @returns null if the server has no such selection, so rows must be selected. */
function allOf({ transport, target, prefix }: Filter): Selection | null {
  if (prefix !== '') return null;
  if (target === '') return transport === '' ? { all: true } : null;
  return { target, ...(transport !== '' && { transport: transport as NonNullable<Selection['transport']> }) };
}

/** Buttons for the selected letters; if none is selected, for all letters of the filter, if the server can select them. */
function Bulk({ ids, filter, isEmpty, act }: BulkProps) {
  const hasTarget = filter.target !== '';
  const selection = ids.length > 0 ? { ids: [...ids] } : allOf(filter);
  if (isEmpty || selection === null) return null;
  const what = ids.length > 0 ? `${ids.length} selected` : hasTarget ? 'all to this target' : 'all';
  const scope =
    ids.length > 0
      ? `the ${ids.length} selected dead letters`
      : hasTarget
        ? `all dead letters to ${filter.target}`
        : 'all dead letters';
  return (
    <div class="row push">
      <button type="button" class="button" onClick={() => act({ verb: 'redrive', selection, scope })}>
        <Icon name="send" size={14} />
        Send {what} again
      </button>
      <button type="button" class="button" onClick={() => act({ verb: 'drop', selection, scope })}>
        <Icon name="trash" size={14} />
        Drop {what}
      </button>
    </div>
  );
}

function columnsOf(act: (action: LetterAction) => void, narrow: (letter: DeadLetter) => void): Column<DeadLetter>[] {
  return [
    { title: 'Promise', kind: 'id', cell: ({ awaited }) => <a href={links.promise(awaited)}>{awaited}</a> },
    {
      title: 'Target',
      cell: (letter) => (
        <button type="button" class="link-button" title="Show only this target" onClick={() => narrow(letter)}>
          {letter.target} <span class="dim">{letter.transport}</span>
        </button>
      ),
    },
    { title: 'Error', cell: ({ lastError }) => <span class="reason">{lastError}</span> },
    { title: 'Attempts', kind: 'number', cell: ({ attempts }) => attempts },
    { title: 'Failed at', cell: ({ diedAt }) => <Time at={diedAt} /> },
    {
      title: 'Actions',
      kind: 'actions',
      cell: ({ id, awaited }) => {
        const of = { selection: { ids: [id] }, scope: `the dead letter of ${awaited}` };
        return (
          <span class="row-buttons">
            <button type="button" class="button small" onClick={() => act({ verb: 'redrive', ...of })}>
              Send again
            </button>
            <button type="button" class="button small" onClick={() => act({ verb: 'drop', ...of })}>
              Drop
            </button>
          </span>
        );
      },
    },
  ];
}
