import type { TaskSummary } from '@resonate/admin';
import { useState } from 'preact/hooks';
import { get } from '../api/client.ts';
import { usePages } from '../api/use-pages.ts';
import { useQuery } from '../api/use-query.ts';
import {
  ActionDialog,
  duration,
  Empty,
  ErrorState,
  lookOf,
  Loading,
  Page,
  SelectionBar,
  StateBadge,
  Table,
  Time,
  useNow,
  useSelection,
  type Column,
  type RowAction,
} from '../parts/index.ts';
import { ListFoot } from '../parts/list-foot.tsx';
import { CANCEL } from '../actions/cancel.ts';
import { PromiseName } from '../search/columns.tsx';
import { DELIVER, TASK_ACTIONS } from '../actions/task-actions.ts';

/** The task's own actions, and canceling its promise, which is pending as long as the task is not done. */
const ACTIONS: readonly RowAction<TaskSummary>[] = [
  ...TASK_ACTIONS,
  { ...CANCEL, applies: isOpen, run: ({ id }) => CANCEL.run({ id, state: 'pending' }) },
];

function isOpen({ state }: TaskSummary): boolean {
  return state !== 'fulfilled';
}

const STATES = ['pending', 'acquired', 'suspended', 'halted', 'fulfilled'];

/** Tasks by state: those that wait for a worker, those that a worker holds, those that are halted. */
export function TasksPage() {
  const [params, change] = useQuery();
  const state = params.get('state') ?? '';
  const prefix = params.get('prefix') ?? '';
  const [delivered, setDelivered] = useState<TaskSummary | null>(null);
  const pages = usePages<TaskSummary>(
    params.toString(),
    async (cursor, signal) => {
      const { tasks, ...rest } = await get('/admin/tasks', { state, prefix, cursor }, signal);
      return { rows: tasks, ...rest };
    },
    '',
  );
  const selection = useSelection(pages.rows, {
    keyOf: ({ id }) => id,
    nameOf: ({ id }) => `the task ${id}`,
    isSelectable: isOpen,
  });
  const columns = columnsOf(setDelivered);
  return (
    <Page title="Tasks" lead="A task is the work that a worker does for a promise. Newest promises first.">
      <div class="filters">
        <div class="chips" role="group" aria-label="State">
          {['', ...STATES].map((one) => (
            <button
              key={one}
              type="button"
              class="chip"
              aria-pressed={state === one}
              onClick={() => change({ state: one })}
            >
              {one === '' ? 'All' : lookOf(one, 'task').label}
            </button>
          ))}
        </div>
        <PrefixFilter key={prefix} prefix={prefix} onChange={(next) => change({ prefix: next })} />
      </div>
      <section class="panel" aria-label="Results" aria-busy={pages.isLoading}>
        {pages.error && <ErrorState error={pages.error} onRetry={pages.reload} />}
        {pages.rows.length > 0 && (
          <Table label="Tasks" columns={columns} rows={pages.rows} keyOf={({ id }) => id} selection={selection} />
        )}
        {pages.rows.length === 0 && pages.isLoading && <Loading />}
        {pages.rows.length === 0 && !pages.isLoading && !pages.error && (
          <Empty icon="tasks" title={state === '' && prefix === '' ? 'There is no task yet' : 'No task matches'} />
        )}
        {(pages.rows.length > 0 || pages.cursor !== undefined) && <ListFoot pages={pages} noun="task" />}
        <SelectionBar selection={selection} actions={ACTIONS} noun="task" onDone={pages.reload} />
      </section>
      {delivered && (
        <ActionDialog
          action={DELIVER}
          rows={[delivered]}
          noun="task"
          onDone={pages.reload}
          onClose={() => setDelivered(null)}
        />
      )}
    </Page>
  );
}

/** A field for the beginning of ids. It takes effect with Enter. */
export function PrefixFilter({ prefix, onChange }: { prefix: string; onChange: (prefix: string) => void }) {
  const [text, setText] = useState(prefix);
  return (
    <form
      class="prefix-filter"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(text.trim());
      }}
    >
      <input
        class="input"
        type="search"
        aria-label="Id begins with"
        placeholder="Id begins with…"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button">
        Filter
      </button>
    </form>
  );
}

function columnsOf(onDeliver: (task: TaskSummary) => void): Column<TaskSummary>[] {
  return [
    { title: 'Task', kind: 'id', cell: (row) => <PromiseName id={row.id} name={row.function} /> },
    { title: 'State', cell: ({ state }) => <StateBadge state={state} of="task" /> },
    { title: 'Worker', cell: (row) => <Worker {...row} /> },
    { title: 'Deliveries', kind: 'number', cell: ({ attempts }) => attempts },
    {
      title: 'Next delivery',
      cell: ({ nextDeliveryAt }) =>
        nextDeliveryAt === undefined ? <span class="dim">–</span> : <Time at={nextDeliveryAt} />,
    },
    { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      title: 'Actions',
      kind: 'actions',
      cell: (row) =>
        row.state === 'pending' && (
          <button
            type="button"
            class="button small"
            aria-label={`Deliver ${row.id} now`}
            onClick={() => onDeliver(row)}
          >
            Deliver now
          </button>
        ),
    },
  ];
}

function Worker({ pid, leaseEndsAt, transport, target }: TaskSummary) {
  const now = useNow();
  return (
    <span class="stack">
      <span class="nowrap">
        {target} <span class="dim">{transport}</span>
      </span>
      {pid !== undefined && (
        <span class="dim nowrap" title={`Held by ${pid}`}>
          <span class="mono">{pid.length > 18 ? `${pid.slice(0, 17)}…` : pid}</span>
          {leaseEndsAt !== undefined && ` · lease ${leaseEndsAt > now ? duration(leaseEndsAt - now, 1) : 'expired'}`}
        </span>
      )}
    </span>
  );
}
