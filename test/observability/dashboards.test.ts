import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests, type TestDatabase } from '@resonate/testkit';
import { parse } from 'yaml';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { metricsIn } from './promql.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary?: string };
}

const dashboard = JSON.parse(read('deploy/grafana/resonate.json')) as { panels: Panel[] };
const { groups } = parse(read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** These metrics come from Prometheus itself. */
const OWN = new Set(['up']);

describe('the metrics of a running server on Postgres', () => {
  let postgres: Awaited<ReturnType<typeof postgresForTests>>;
  let database: TestDatabase;
  let server: ServerProcess;
  let text = '';

  beforeAll(async () => {
    postgres = await postgresForTests();
    database = await freshPostgresDatabase(postgres.url);
    const storage = ['--storage-type', 'postgres', '--storage-postgres-url', database.url];
    server = await ServerProcess.start({ storage });
    const client = new HttpClient(server.url);
    const stream = await EventStream.open(server.url, '/poll/workers/w1');
    const tags = { 'resonate:target': 'poll://any@workers' };
    await client.rpc('promise.create', { id: 'a', timeoutAt: Date.now() + 60_000, tags });
    await stream.next();
    // The server must receive the promise before its timeout. Otherwise no timer fires.
    await client.rpc('promise.create', { id: 'soon', timeoutAt: Date.now() + 2000 });
    const lonely = { 'resonate:target': 'poll://any@nobody' };
    await client.rpc('promise.create', { id: 'b', timeoutAt: Date.now() + 60_000, tags: lonely });
    client.close();
    // This metric appears last, because it is counted every 5 s.
    await until('the backlog and a timer are counted', 20_000, async () => {
      text = await (await fetch(server.metricsUrl)).text();
      return (
        text.includes('resonate_backlog_messages{transport="poll"} 1') &&
        /resonate_timers_total.*promise.* 1/.test(text)
      );
    });
  });

  afterAll(async () => {
    await server?.dispose();
    await database?.drop();
    await postgres?.stop();
  });

  const declared = () => new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name));
  const missing = (expression: string) => {
    const names = declared();
    const isThere = (name: string) => names.has(name) || names.has(name.replace(/_(bucket|sum|count)$/, ''));
    return metricsIn(expression).filter((name) => !OWN.has(name) && !isThere(name));
  };

  test.each(panels)('include every metric of the panel $title', ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr } of targets) {
      expect(metricsIn(expr).length).toBeGreaterThan(0);
      expect(missing(expr)).toEqual([]);
    }
  });

  test.each(rules)('include every metric of the alert $alert', ({ expr, annotations }) => {
    expect(metricsIn(expr).length).toBeGreaterThan(0);
    expect(missing(expr)).toEqual([]);
    expect(annotations.summary).toBeTruthy();
  });

  test('are all on the dashboard, except two that only alerts use', () => {
    const shown = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr))));
    const bare = new Set([...shown].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    const own = [...declared()].filter((name) => name.startsWith('resonate_'));
    const notShown = own.filter((name) => !bare.has(name));
    // Only alerts use these.
    expect(notShown.sort()).toEqual(['resonate_wakeup_connected', 'resonate_wakeups_total']);
  });

  test('count what happened', () => {
    const value = (series: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.split(' ')
          .at(-1),
      );
    expect(value('resonate_leader')).toBe(1);
    expect(value('resonate_store_up')).toBe(1);
    expect(value('resonate_sse_connections')).toBe(1);
    expect(value('resonate_wakeup_connected')).toBe(1);
    expect(value('resonate_target_backlog_messages{transport="poll",target="nobody"}')).toBe(1);
    expect(value('resonate_target_backlog_messages{transport="poll",target="(all others)"}')).toBe(0);
    expect(value('resonate_delivery_latency_seconds_count{transport="poll"}')).toBe(1);
    expect(value('resonate_delivery_attempts_total{transport="poll",kind="execute",outcome="taken"}')).toBe(1);
    expect(value('resonate_deliveries_in_flight{transport="poll",target="(all others)"}')).toBe(0);
    expect(value('resonate_timers_total{timer="promise"}')).toBe(1);
    expect(value('resonate_store_operation_seconds_count{operation="write"}')).toBeGreaterThan(2);
    expect(value('resonate_pool_size{dialect="postgres"}')).toBeGreaterThan(1);
  });
});

test('the rules for Kubernetes are those for Prometheus', () => {
  const manifest = parse(read('deploy/k8s/components/alerts/prometheus-rule.yaml')) as { spec: { groups: unknown } };
  expect(manifest.spec.groups).toEqual(groups);
});

test('these tests refuse an expression that is not PromQL', () => {
  expect(metricsIn('sum by (a) (rate(x_total{b="c"}[$__rate_interval])) / y')).toEqual(['x_total', 'y']);
  expect(() => metricsIn('sum by (rate(x[5m])')).toThrow('not PromQL');
});
