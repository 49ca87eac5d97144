import { useState } from 'preact/hooks';
import { usePages } from '../api/use-pages.ts';
import { useQuery } from '../api/use-query.ts';
import { Empty, ErrorState, Icon, links, Loading, Page, Table, Time, type Column } from '../parts/index.ts';
import { ListFoot } from '../parts/list-foot.tsx';
import { ScheduleActions } from './schedule-actions.tsx';
import { CreateDialog } from './schedule-dialog.tsx';
import { SchedulePanel } from './schedule-panel.tsx';
import { ScheduleState } from './schedule-state.tsx';
import { inWords } from './cron-words.ts';
import { searchSchedules, type Schedule } from './schedule.ts';

/** The list of schedules, and the details of the one in the URL. */
export function SchedulesPage() {
  const [params, change] = useQuery();
  const [isCreating, setCreating] = useState(false);
  const id = params.get('id');
  const pages = usePages<Schedule>('schedules', searchSchedules, '');
  const columns = columnsOf(pages.reload);
  return (
    <Page
      title="Schedules"
      lead="Each schedule creates a promise at the times of its cron expression."
      actions={
        <button type="button" class="button primary" onClick={() => setCreating(true)}>
          <Icon name="plus" />
          New schedule
        </button>
      }
    >
      {id !== null && (
        <SchedulePanel key={id} id={id} onChanged={pages.reload} onClose={() => change({ id: undefined })} />
      )}
      <section class="panel" aria-label="Schedules" aria-busy={pages.isLoading}>
        {pages.error && <ErrorState error={pages.error} onRetry={pages.reload} />}
        {pages.rows.length > 0 && (
          <Table label="Schedules" columns={columns} rows={pages.rows} keyOf={(row) => row.id} />
        )}
        {pages.rows.length === 0 && pages.isLoading && <Loading />}
        {pages.rows.length === 0 && !pages.isLoading && !pages.error && (
          <Empty icon="schedules" title="There is no schedule yet">
            A schedule starts a workflow at the times of a cron expression, for example every Monday.
          </Empty>
        )}
        {(pages.rows.length > 0 || pages.cursor !== undefined) && <ListFoot pages={pages} noun="schedule" />}
      </section>
      {isCreating && (
        <CreateDialog
          onClose={() => setCreating(false)}
          onCreated={(created) => {
            pages.reload();
            change({ id: created });
          }}
        />
      )}
    </Page>
  );
}

function columnsOf(onChanged: () => void): Column<Schedule>[] {
  return [
    { title: 'Schedule', kind: 'id', cell: ({ id }) => <a href={links.schedule(id)}>{id}</a> },
    {
      title: 'Runs',
      cell: ({ cron, timezone, cronDialect }) => (
        <span class="stack">
          <span>{inWords(cron, cronDialect) ?? cron}</span>
          <span class="dim mono">
            {cron} · {timezone ?? 'UTC'}
          </span>
        </span>
      ),
    },
    { title: 'State', cell: (row) => <ScheduleState schedule={row} /> },
    {
      title: 'Next run',
      cell: (row) => (row.pausedAt === undefined ? <Time at={row.nextRunAt} /> : <span class="dim">–</span>),
    },
    {
      title: 'Last run',
      cell: ({ lastRunAt }) => (lastRunAt === undefined ? <span class="dim">not yet</span> : <Time at={lastRunAt} />),
    },
    { title: 'Actions', kind: 'actions', cell: (row) => <ScheduleActions schedule={row} onChanged={onChanged} /> },
  ];
}
