import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DECLARATIONS, loadConfig } from '@resonate/config';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IProbe, IService } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { last } from './dockerfile.ts';
import { readDockerfile, ROOT } from './image.ts';
import { schemaFaults } from './kubernetes-schema.ts';
import { deployedRoles, type DeployedRole } from './kubernetes-roles.ts';
import { kustomize, readManifests, type Manifest } from './kustomize.ts';

/** Builds the manifests and checks them: they are valid and fit the server and each other. */

const FOLDER = 'deploy/k8s';
const SECRET = readManifests(`${FOLDER}/secret.example.yaml`);
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const INSTALLATIONS: [name: string, manifests: Manifest[]][] = [
  ['small', [...kustomize(`${FOLDER}/overlays/small`), ...SECRET]],
  ['production', [...kustomize(`${FOLDER}/overlays/production`), ...SECRET]],
  [
    'production with KEDA',
    [
      ...kustomize(`${FOLDER}/overlays/production`, {
        [`${FOLDER}/components/autoscaling`]: `${FOLDER}/components/autoscaling-keda`,
      }),
      ...SECRET,
    ],
  ],
  [
    'production with the credentials of the cloud',
    [
      ...kustomize(`${FOLDER}/overlays/production`),
      ...readManifests(`${FOLDER}/components/cloud-credentials/network-policy.yaml`),
      ...SECRET,
    ],
  ],
];

function fits(selector: Readonly<Record<string, string>> | undefined, labels: Readonly<Record<string, string>>) {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}

function configOf({ role, env }: DeployedRole) {
  return loadConfig({ env, command: role }).config;
}

function portNames({ container }: DeployedRole): (string | undefined)[] {
  return (container.ports ?? []).map(({ name }) => name);
}

describe.each(INSTALLATIONS)('%s', (installation, manifests) => {
  const roles = deployedRoles(manifests);
  const ofKind = <T>(kind: string) => manifests.filter((manifest) => manifest.kind === kind) as unknown as T[];
  const scaled = ofKind<{ spec: { scaleTargetRef: { name: string } } }>('HorizontalPodAutoscaler')
    .concat(ofKind('ScaledObject'))
    .map(({ spec }) => spec.scaleTargetRef.name);

  test('every manifest fits the schema of its kind', async () => {
    const faults = await Promise.all(manifests.map(schemaFaults));
    expect(faults.flat()).toEqual([]);
  });

  test('no two manifests have the same kind and name', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  test('each role runs its command from the image of this version', () => {
    expect(roles.map(({ role }) => role)).toEqual(['api', 'scheduler', 'dispatcher']);
    for (const { role, container } of roles) {
      expect(container.args).toEqual([role]);
      expect(container.image).toBe(`resonate-server:${version}`);
    }
  });

  test('each role has a configuration that the server accepts, and sets only options that exist', () => {
    const known = new Set(DECLARATIONS.map(({ env }) => env));
    expect(roles.flatMap(({ env }) => Object.keys(env)).filter((name) => !known.has(name))).toEqual([]);
    for (const role of roles) expect(configOf(role).storage.type).toBe('postgres');
  });

  test('each Deployment has replicas or an autoscaler, never both', () => {
    for (const { manifest, replicas } of roles) {
      const counts = [replicas !== undefined, scaled.includes(manifest.metadata.name)];
      expect(counts.filter(Boolean)).toHaveLength(1);
    }
    expect(scaled.filter((name) => !roles.some(({ manifest }) => manifest.metadata.name === name))).toEqual([]);
  });

  test('two schedulers run, so that one is a standby', () => {
    expect(roles.find(({ role }) => role === 'scheduler')?.replicas).toBe(2);
  });

  test('the ports are those on which the server listens', () => {
    for (const role of roles) {
      const { server, observability } = configOf(role);
      const metrics = { name: 'metrics', containerPort: observability.metricsPort };
      const http = { name: 'http', containerPort: server.port };
      expect(role.container.ports).toEqual(role.role === 'api' ? [http, metrics] : [metrics]);
    }
  });

  test('every probe uses a port of its role: that of the API for the api, the metrics port for the others', () => {
    for (const role of roles) {
      const { startupProbe, livenessProbe, readinessProbe } = role.container;
      const asked = (probe: IProbe | undefined) => [probe?.httpGet?.port, probe?.httpGet?.path];
      const port = role.role === 'api' ? 'http' : 'metrics';
      expect(portNames(role)).toContain(port);
      expect(asked(startupProbe)).toEqual([port, '/health']);
      expect(asked(livenessProbe)).toEqual([port, '/health']);
      expect(asked(readinessProbe)).toEqual([port, '/ready']);
    }
  });

  test('the grace period of a pod is longer than its preStop hook and server.shutdown_timeout together', () => {
    for (const role of roles) {
      const hookSeconds = role.container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      const neededMs = hookSeconds * 1_000 + configOf(role).server.shutdownTimeoutMs;
      expect((role.pod.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(neededMs);
    }
  });

  test('an api gets SIGTERM at least 5 s after its removal from the Service, so that no node still sends it requests', () => {
    const api = roles.find(({ role }) => role === 'api');
    expect(api?.container.lifecycle?.preStop?.sleep?.seconds).toBeGreaterThanOrEqual(5);
  });

  test('a rolling update removes no pod before the new one is ready', () => {
    for (const { manifest } of roles) {
      expect(manifest['spec']).toMatchObject({ strategy: { rollingUpdate: { maxUnavailable: 0 } } });
    }
  });

  test('every pod fits the restricted Pod Security Standard, as the user of the image', () => {
    const [user = '', group = ''] = last(readDockerfile().stages.at(-1), 'USER').split(':');
    for (const { pod, container } of roles) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: Number(user),
          runAsGroup: Number(group),
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('every container has requests for CPU and memory, and a memory limit', () => {
    for (const { container } of roles) {
      expect(Object.keys(container.resources?.requests ?? {}).sort()).toEqual(['cpu', 'memory']);
      expect(Object.keys(container.resources?.limits ?? {})).toEqual(['memory']);
    }
  });

  test('every role spreads over zones and nodes and has a disruption budget', () => {
    const budgets = ofKind<IPodDisruptionBudget>('PodDisruptionBudget');
    for (const { labels, pod } of roles) {
      const constraints = pod.topologySpreadConstraints ?? [];
      expect(constraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      for (const { labelSelector } of constraints) expect(fits(labelSelector?.matchLabels, labels)).toBe(true);
      expect(budgets.filter(({ spec }) => fits(spec?.selector?.matchLabels, labels))).toHaveLength(1);
    }
  });

  test('every Service selects pods that have its port', () => {
    const services = ofKind<IService>('Service');
    const found = services.map(({ metadata, spec }) => {
      const pods = roles.filter(({ labels }) => fits(spec?.selector, labels));
      const ports = (spec?.ports ?? []).map(({ targetPort }) => String(targetPort));
      expect(pods.filter((pod) => !ports.every((port) => portNames(pod).includes(port)))).toEqual([]);
      return `${metadata?.name}: ${pods.map(({ role }) => role).join()}`;
    });
    expect(found).toEqual(['resonate-api: api', 'resonate-metrics: api,scheduler,dispatcher']);
  });

  test('server.url is the address of the Service by default, also for workers in other namespaces', () => {
    for (const role of roles) {
      const url = new URL(configOf(role).server.url ?? '');
      // docs/kubernetes.md installs into this namespace.
      const service = ofKind<IService>('Service').find(({ metadata }) => `${metadata?.name}.resonate` === url.hostname);
      expect(service?.spec?.ports?.map(({ port }) => String(port))).toEqual([url.port]);
    }
  });

  test('the network policies allow traffic to every port of a pod, and from it to the ports that a process may need', () => {
    const policies = ofKind<INetworkPolicy>('NetworkPolicy').map(({ spec }) => spec);
    for (const role of roles) {
      const own = policies.filter((policy) => fits(policy?.podSelector?.matchLabels, role.labels));
      const ports = (rules: { ports?: { port?: string | number }[] }[]) =>
        rules.flatMap((rule) => (rule.ports ?? []).map(({ port }) => port));
      const allowedIn = ports(own.flatMap((policy) => policy?.ingress ?? []));
      expect([...new Set(allowedIn)].sort()).toEqual(portNames(role).sort());
      const { url } = configOf(role).storage.postgres;
      // MySQL, Redis, DNS, OTLP over gRPC and over HTTP.
      const needed = [Number(new URL(url ?? '').port), 3306, 6379, 53, 4317, 4318];
      expect(ports(own.flatMap((policy) => policy?.egress ?? []))).toEqual(expect.arrayContaining(needed));
    }
  });

  test('only dispatchers reach the metadata address of the cloud, and only if an operator allows it', () => {
    const policies = ofKind<INetworkPolicy>('NetworkPolicy').map(({ spec }) => spec);
    const reach = roles.filter(({ labels }) =>
      policies
        .filter((policy) => fits(policy?.podSelector?.matchLabels, labels))
        .flatMap((policy) => policy?.egress ?? [])
        .some(({ to }) => to?.some(({ ipBlock }) => ipBlock?.cidr === '169.254.169.254/32')),
    );
    const isOpened = installation === 'production with the credentials of the cloud';
    expect(reach.map(({ role }) => role)).toEqual(isOpened ? ['dispatcher'] : []);
  });

  test('the Services and ports that a ServiceMonitor names exist', () => {
    interface Monitor {
      spec: { selector: { matchLabels: Record<string, string> }; endpoints: { port: string; path: string }[] };
    }
    for (const { spec } of ofKind<Monitor>('ServiceMonitor')) {
      const services = ofKind<IService>('Service').filter(({ metadata }) =>
        fits(spec.selector.matchLabels, metadata?.labels ?? {}),
      );
      expect(services.map(({ metadata }) => metadata?.name)).toEqual(['resonate-metrics']);
      const ports = services.flatMap((service) => service.spec?.ports ?? []).map(({ name }) => name);
      expect(spec.endpoints.map(({ port }) => port)).toEqual(ports);
    }
  });
});

test('every file in a folder is part of its kustomization', () => {
  const folders = readdirSync(join(ROOT, FOLDER), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('/kustomization.yaml'))
    .map((file) => dirname(join(ROOT, FOLDER, file)));
  expect(folders).toHaveLength(8);
  for (const folder of folders) {
    const text = readFileSync(join(folder, 'kustomization.yaml'), 'utf8');
    const { resources = [], patches = [] } = parse(text) as { resources?: string[]; patches?: { path: string }[] };
    const used = [...resources.filter((path) => !path.startsWith('..')), ...patches.map(({ path }) => path)];
    expect(['kustomization.yaml', ...used].sort()).toEqual(readdirSync(folder).sort());
  }
});
