import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { until } from '../processes/until.ts';
import { postgresWith, type Backing } from './backing.ts';
import { Cluster, journeysThrough, pushThrough, type RoleSpec } from './cluster.ts';
import { Image } from './image.ts';
import { deployedRoles } from './kubernetes-roles.ts';
import { kustomize, readManifests } from './kustomize.ts';

/**
 * Runs the overlay `small` without a cluster: every pod runs from the image's files, with the command and environment of its
 * Deployment, on a real Postgres.
 */

const roles = deployedRoles([
  ...kustomize('deploy/k8s/overlays/small'),
  ...readManifests('deploy/k8s/secret.example.yaml'),
]);

let image: Image;
let database: Backing;
let cluster: Cluster;

beforeAll(async () => {
  image = new Image();
  const [first] = roles;
  const { url } = loadConfig({ env: first?.env ?? {}, command: first?.role }).config.storage.postgres;
  const { username, password, host, pathname } = new URL(url ?? '');
  database = await postgresWith({ user: username, password, database: pathname.slice(1) });
  cluster = await Cluster.start(image, roles.map(roleSpec), { [host]: database.host }, 'resonate-api.resonate:8001');
}, 240_000);

afterAll(async () => {
  await cluster?.remove();
  await database?.stop();
  image?.remove();
});

function roleSpec({ role, replicas = 1, container, pod, env }: (typeof roles)[number]): RoleSpec {
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
  return {
    role,
    replicas,
    args: container.args ?? [],
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, withoutTls(value)])),
    probes: probes.map((probe) => ({
      port: probe?.httpGet?.port === 'http' ? 'http' : 'metrics',
      path: probe?.httpGet?.path ?? '',
    })),
    graceMs: ((pod.terminationGracePeriodSeconds ?? 0) - (container.lifecycle?.preStop?.sleep?.seconds ?? 0)) * 1_000,
  };
}

/** The database here has no certificate. */
function withoutTls(value: string): string {
  return value.replace('?sslmode=require', '');
}

test('all pods run, one scheduler leads', async () => {
  // A scheduler is ready before it is elected.
  const processes = await until('a leader', 60_000, async () => {
    const shown = await cluster.processes();
    return shown.some(({ leader }) => leader) && shown;
  });
  expect(processes.map(({ role }) => role).sort()).toEqual(['api', 'api', 'dispatcher', 'scheduler', 'scheduler']);
  expect(processes.filter(({ leader }) => leader).map(({ role }) => role)).toEqual(['scheduler']);
});

test('a dispatcher delivers a message with the URL of the server', async () => {
  await expect(pushThrough(cluster, 'pushed')).resolves.toMatchObject({
    kind: 'execute',
    head: { serverUrl: cluster.url },
    data: { task: { id: 'pushed' } },
  });
});

test('workflows complete although one api is killed', async () => {
  const { results, expected } = await journeysThrough(cluster);
  expect(results).toEqual(expected);
}, 300_000);

test('the running processes stop cleanly within their grace period, and have written no file', async () => {
  // The killed api has no exit code.
  await expect(cluster.terminate()).resolves.toEqual([null, 0, 0, 0, 0]);
  expect(cluster.containers().flatMap((container) => container.files())).toEqual([]);
}, 120_000);
