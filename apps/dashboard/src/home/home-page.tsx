import type { Counts } from '@resonate/admin';
import type { Query } from '../api/client.ts';
import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { bounded } from '../parts/format.ts';
import { Empty, ErrorState, links, Loading, Page, Panel, Table, Tiles, type Tile } from '../parts/index.ts';
import { StartButton } from '../call/start-button.tsx';
import { columnsFor, FAILURE_COLUMNS } from '../search/columns.tsx';

/** Each part loads again after changes, but not more often. */
const OFTEN = { live: '', minIntervalMs: 2_000 };
const SHOWN = 8;
const FAILED = `${links.promises}?state=failed`;

/** /ui: what runs, what waits, what failed and why, and the newest workflows. */
export function HomePage() {
  return (
    <Page title="Overview" actions={<StartButton />}>
      <div class="home">
        <CountTiles />
        <RecentFailures />
        <NewestWorkflows />
      </div>
    </Page>
  );
}

function CountTiles() {
  const { data, error, reload } = useResource('counts', (signal) => get('/admin/counts', {}, signal), OFTEN);
  if (error && !data) return <ErrorState error={error} onRetry={reload} />;
  return data ? <Tiles tiles={tilesOf(data)} /> : <Loading label="Counting" />;
}

function tilesOf({ running, waiting, suspended, failed, isFailedCut, limit }: Counts): Tile[] {
  const tasks = (state: string) => `${links.tasks}?state=${state}`;
  return [
    {
      icon: 'play',
      label: 'Running',
      value: bounded(running, limit),
      note: 'tasks that a worker holds',
      href: tasks('acquired'),
    },
    {
      icon: 'tasks',
      label: 'Waiting for a worker',
      value: bounded(waiting, limit),
      note: 'tasks that no worker has acquired yet',
      href: tasks('pending'),
    },
    {
      icon: 'pause',
      label: 'Suspended',
      value: bounded(suspended, limit),
      note: 'tasks that wait for a promise',
      href: tasks('suspended'),
    },
    {
      icon: 'cross',
      label: 'Failed',
      value: isFailedCut ? `${bounded(failed, limit).replace('+', '')}+` : bounded(failed, limit),
      note: 'workflows rejected, canceled or timed out',
      href: FAILED,
      isAlarming: failed > 0,
    },
  ];
}

function useNewest(key: string, query: Query) {
  return useResource(key, (signal) => get('/admin/promises', { ...query, roots: 'true', limit: SHOWN }, signal), OFTEN);
}

function RecentFailures() {
  const { data, error, reload } = useNewest('failures', { state: 'failed' });
  return (
    <Panel title="Recent failures" actions={<a href={FAILED}>All failed workflows</a>}>
      {error && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data?.promises.length === 0 && <Empty icon="check" title="No workflow has failed" />}
      {data && data.promises.length > 0 && (
        <Table label="Recent failures" columns={FAILURE_COLUMNS} rows={data.promises} keyOf={({ id }) => id} />
      )}
    </Panel>
  );
}

function NewestWorkflows() {
  const { data, error, reload } = useNewest('newest', { reasons: 'true' });
  return (
    <Panel title="Newest workflows" actions={<a href={links.promises}>All workflows</a>}>
      {error && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data?.promises.length === 0 && (
        <Empty icon="promises" title="There is no workflow yet">
          Start one with the button above, with an SDK, or with <code class="mono">resonate invoke ID -f FUNCTION</code>
          .
        </Empty>
      )}
      {data && data.promises.length > 0 && (
        <Table
          label="Newest workflows"
          columns={columnsFor(data.promises)}
          rows={data.promises}
          keyOf={({ id }) => id}
        />
      )}
    </Panel>
  );
}
