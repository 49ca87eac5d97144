import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';

/** Several installations in one Prometheus, which the labels `cluster` and `namespace` distinguish. */

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);
const ALERTS = fileURLToPath(new URL('deploy/prometheus/alerts.yml', ROOT));

interface Rule {
  alert: string;
  expr: string;
}

interface Panel {
  title: string;
  targets?: { expr: string; legendFormat?: string }[];
}

let folder: string;
let rules: Rule[];
let panels: Panel[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resonate-rules-'));
  const { groups } = parse(await readFile(ALERTS, 'utf8')) as { groups: { rules: Rule[] }[] };
  rules = groups.flatMap((group) => group.rules);
  const board = await readFile(new URL('deploy/grafana/resonate.json', ROOT), 'utf8');
  panels = (JSON.parse(board) as { panels: Panel[] }).panels;
});

afterAll(() => rm(folder, { recursive: true }));

/** Matches aggregations and joins that mix installations. */
const MIXES = /\b(?:sum|min|max|avg|count)\b(?! by \(cluster, namespace[,)])|\bon \((?!cluster, namespace,)/;

test('no alert and no panel mixes installations', () => {
  expect(rules.filter(({ expr }) => MIXES.test(expr))).toEqual([]);
  const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
  expect(targets.filter(({ expr }) => MIXES.test(expr))).toEqual([]);
  const isFiltered = (expr: string) =>
    expr
      .split('{')
      .slice(1)
      .every((selector) => selector.startsWith('cluster=~"$cluster", namespace=~"$namespace", '));
  expect(targets.filter(({ expr }) => !expr.includes('{') || !isFiltered(expr))).toEqual([]);
  expect(targets.filter(({ legendFormat }) => !legendFormat?.endsWith('{{cluster}} {{namespace}}'))).toEqual([]);
});

test('promtool accepts the rules', async () => {
  const { stdout } = await run('promtool', ['check', 'rules', ALERTS]);
  expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
});

interface Series {
  series: string;
  values: string;
}

const installed = (cluster: string, namespace: string, instance: string, leads: string, up = '1+0x20'): Series[] => {
  const labels = `cluster="${cluster}",namespace="${namespace}",job="resonate",instance="${instance}"`;
  return [
    { series: `resonate_leader{${labels}}`, values: leads },
    { series: `resonate_build_info{${labels},role="scheduler"}`, values: up },
    { series: `up{${labels}}`, values: up },
  ];
};
const [LEADS, FOLLOWS] = ['1+0x20', '0+0x20'];

/**
 * The installations for which the alert fires 10 minutes later.
 * @param shown values of the labels in its summary
 */
async function expectAlerts(
  series: Series[],
  alert: string,
  installations: object[],
  shown: Record<string, string> = {},
): Promise<void> {
  const rule = rules.find((known) => known.alert === alert) as Rule & Record<string, Record<string, string>>;
  const file = join(folder, 'test.yml');
  const summary = rule['annotations']?.['summary'] ?? '';
  const expected = installations.map((labels) => ({
    exp_labels: { ...rule['labels'], ...labels },
    exp_annotations: {
      summary: summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => shown[label] ?? ''),
    },
  }));
  const alertRules = [{ eval_time: '10m', alertname: alert, exp_alerts: expected }];
  const tests = [{ interval: '1m', input_series: series, alert_rule_test: alertRules }];
  await writeFile(file, stringify({ rule_files: [ALERTS], evaluation_interval: '30s', tests }));
  await run('promtool', ['test', 'rules', file]);
}

test('two healthy installations raise no alert about leaders', async () => {
  const clusters = [
    ...installed('a', 'x', '1', LEADS),
    ...installed('a', 'x', '2', FOLLOWS),
    ...installed('b', 'x', '3', LEADS),
  ];
  const namespaces = [...installed('a', 'x', '1', LEADS), ...installed('a', 'y', '2', LEADS)];
  for (const series of [clusters, namespaces]) {
    await expectAlerts(series, 'ResonateTwoLeaders', []);
    await expectAlerts(series, 'ResonateNoLeader', []);
  }
});

test('two leaders of one installation raise an alert for this installation only', async () => {
  const series = [
    ...installed('a', 'x', '1', LEADS),
    ...installed('a', 'x', '2', LEADS),
    ...installed('b', 'x', '3', LEADS),
  ];
  await expectAlerts(series, 'ResonateTwoLeaders', [{ cluster: 'a', namespace: 'x' }]);
});

test('an installation without a leader raises an alert, and a healthy one does not', async () => {
  const healthy = installed('a', 'x', '1', LEADS);
  await expectAlerts([...healthy, ...installed('b', 'y', '2', FOLLOWS)], 'ResonateNoLeader', [
    { cluster: 'b', namespace: 'y' },
  ]);
  // All processes of the installation have ended, so it has no series any more.
  const gone = installed('b', 'y', '2', '1 stale', '1 stale');
  await expectAlerts([...healthy, ...gone], 'ResonateNoLeader', [{ cluster: 'b', namespace: 'y' }]);
  await expectAlerts([{ series: 'up{job="resonate"}', values: FOLLOWS }], 'ResonateNoLeader', [{}]);
});

test('a process that does not answer raises an alert, whatever its job is called, and other programs do not', async () => {
  const down = '1+0x5 0+0x20';
  const labels = 'cluster="a",namespace="x",job="workflows",instance="1"';
  const series = [
    { series: `resonate_build_info{${labels},role="api"}`, values: '1+0x5 stale' },
    { series: `up{${labels}}`, values: down },
    { series: 'up{cluster="a",namespace="x",job="api",instance="2"}', values: down },
  ];
  const fires = [{ cluster: 'a', namespace: 'x', job: 'workflows', instance: '1' }];
  await expectAlerts(series, 'ResonateDown', fires, { job: 'workflows', instance: '1' });
});

test('without these labels, all series count as one installation', async () => {
  const bare = (series: Series[]) =>
    series.map(({ series, values }) => ({ series: series.replace(/cluster="a",namespace="x",/, ''), values }));
  await expectAlerts(bare(installed('a', 'x', '1', LEADS)), 'ResonateNoLeader', []);
  await expectAlerts(bare(installed('a', 'x', '1', FOLLOWS)), 'ResonateNoLeader', [{}]);
});
