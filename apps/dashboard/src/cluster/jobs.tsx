import type { Jobs } from '@resonate/admin';
import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Badge, duration, Panel, Table, Time, type Column } from '../parts/index.ts';
import { figure } from '../parts/format.ts';

type Job = Jobs['jobs'][number];

const BADGES = {
  running: <Badge tone="running" icon="play" label="Running" />,
  done: <Badge tone="good" icon="check" label="Done" />,
  failed: <Badge tone="bad" icon="cross" label="Failed" />,
  lost: <Badge tone="late" icon="warning" label="Lost" />,
} as const;

const COLUMNS: readonly Column<Job>[] = [
  { title: 'Job', cell: ({ name }) => name },
  { title: 'State', cell: ({ state, error }) => <span title={error}>{BADGES[state]}</span> },
  { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  {
    title: 'Took',
    cell: ({ startedAt, endedAt }) =>
      endedAt === undefined ? <span class="dim">–</span> : duration(Math.max(0, endedAt - startedAt)),
  },
  {
    title: 'Result',
    cell: ({ done, error }) =>
      error ??
      Object.entries(done)
        .map(([what, count]) => `${figure(count)} ${what}`)
        .join(', '),
  },
];

/** The last run of each maintenance job; nothing if none has run. */
export function MaintenanceJobs() {
  const { data } = useResource('jobs', (signal) => get('/admin/jobs', {}, signal), {
    live: '',
    minIntervalMs: 10_000,
  });
  if (!data || data.jobs.length === 0) return null;
  return (
    <div class="wide">
      <Panel title="Maintenance">
        <Table label="Maintenance jobs" columns={COLUMNS} rows={data.jobs} keyOf={({ name }) => name} />
      </Panel>
    </div>
  );
}
