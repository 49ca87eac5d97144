import type { Overview } from '@resonate/admin';
import { useEffect } from 'preact/hooks';
import { ApiError, get } from '../api/client.ts';
import { refreshMs, useSession } from '../api/use-session.ts';
import { useResource } from '../api/use-resource.ts';
import { Empty, ErrorState, Icon, links, Loading, Page, Panel } from '../parts/index.ts';
import { Backlog } from './backlog.tsx';
import { Chart } from './chart.tsx';
import { figure, ms, rate } from '../parts/format.ts';
import { MaintenanceJobs } from './jobs.tsx';
import { Processes } from './processes.tsx';
import { ClusterTiles } from './tiles.tsx';
import { Workers } from './workers.tsx';

/** The state of the whole cluster, now and over the last minutes. */
export function ClusterPage() {
  const session = useSession();
  const { data, error, reload } = useResource('overview', (signal) => get('/admin/overview', {}, signal), {
    live: '',
    minIntervalMs: 2_000,
  });
  // Ages and charts must advance even if nothing changes.
  const everyMs = refreshMs();
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  if (error instanceof ApiError && error.status === 403) return <Restricted prefix={session?.prefix} />;
  return (
    <Page title="Cluster">
      {error && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data && <Content overview={data} />}
    </Page>
  );
}

function Content({ overview }: { overview: Overview }) {
  const { series, streams, processes } = overview;
  const times = series.map(({ at }) => at);
  return (
    <div class="overview">
      <ClusterTiles overview={overview} />
      <Panel title="Throughput, per second">
        <Chart
          label="Requests, settled promises and deliveries per second over the last minutes"
          times={times}
          format={rate}
          lines={[
            {
              label: 'Requests',
              token: '--running-bar',
              values: series.map(({ requests }) => requests),
              isFilled: true,
            },
            { label: 'Settled', token: '--good-bar', values: series.map(({ settled }) => settled) },
            { label: 'Delivered', token: '--late-bar', values: series.map(({ deliveries }) => deliveries) },
            { label: 'Failed', token: '--bad-bar', values: series.map((point) => point.errors + point.failures) },
          ]}
        />
      </Panel>
      <Panel title="Request latency">
        <Chart
          label="Median and 99th percentile of the request latency over the last minutes"
          times={times}
          format={ms}
          lines={[
            { label: 'Median', token: '--running-bar', values: series.map(({ p50Ms }) => p50Ms), isFilled: true },
            { label: 'p99', token: '--pending-bar', values: series.map(({ p99Ms }) => p99Ms) },
          ]}
        />
      </Panel>
      <Panel title="Waiting messages">
        <Backlog backlog={overview.backlog} limit={overview.limit} />
      </Panel>
      <Panel
        title="Connected workers"
        actions={<span class="dim">{streamsText(streams.reduce((sum, { count }) => sum + count, 0))}</span>}
      >
        <Workers streams={streams} processes={processes} />
      </Panel>
      <div class="wide">
        <Panel title="Processes">
          <Processes processes={processes} />
        </Panel>
      </div>
      <MaintenanceJobs />
    </div>
  );
}

function streamsText(count: number): string {
  return `${figure(count)} event ${count === 1 ? 'stream' : 'streams'}`;
}

/** For tokens that may see only some ids. */
function Restricted({ prefix }: { prefix: string | undefined }) {
  return (
    <Page title="Cluster">
      <div class="panel">
        <Empty icon="key" title="This page needs a token without restrictions">
          <p>
            {prefix ? (
              <>
                Your token sees ids that begin with <code class="mono">{prefix}</code>. It can open these pages:
              </>
            ) : (
              'Your token may open these pages:'
            )}
          </p>
          <p class="row centered">
            <a class="button" href={links.promises}>
              <Icon name="promises" />
              Promises
            </a>
            <a class="button" href={links.deadLetters}>
              <Icon name="letters" />
              Dead letters
            </a>
          </p>
        </Empty>
      </div>
    </Page>
  );
}
