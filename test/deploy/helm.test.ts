import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHART, PRODUCTION, renderChart, runHelm } from './helm.ts';
import { ROOT } from './image.ts';
import { kustomize, readManifests, type Manifest } from './kustomize.ts';

/** The chart installs the same objects as deploy/k8s, whose manifests test/deploy/kubernetes.test.ts checks. */

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const FOLDER = 'deploy/k8s';
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const HASHED_NAME = /^resonate-config-[0-9a-f]{10}$/;

/** The manifests by kind and name. The hash in the name of a ConfigMap is removed. */
function byName(manifests: readonly Manifest[]): Record<string, unknown> {
  const plain = JSON.parse(
    JSON.stringify(manifests, (_key, value: unknown) =>
      typeof value === 'string' && HASHED_NAME.test(value) ? 'resonate-config' : value,
    ),
  ) as Manifest[];
  return Object.fromEntries(plain.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest]));
}

const production = (exchange?: Readonly<Record<string, string>>) =>
  kustomize(`${FOLDER}/overlays/production`, exchange);

describe('the Helm chart', () => {
  test.each<[name: string, values: string[], manifests: () => Manifest[]]>([
    ['by default the small overlay', [], () => kustomize(`${FOLDER}/overlays/small`)],
    ['with values-production.yaml the production overlay', PRODUCTION, production],
    [
      'with KEDA the same as kustomize',
      [...PRODUCTION, '--set', 'autoscaling.type=keda'],
      () => production({ [`${FOLDER}/components/autoscaling`]: `${FOLDER}/components/autoscaling-keda` }),
    ],
    [
      'with the credentials of the cloud the same as kustomize',
      [...PRODUCTION, '--set', 'cloudCredentials.enabled=true'],
      () => [...production(), ...readManifests(`${FOLDER}/components/cloud-credentials/network-policy.yaml`)],
    ],
  ])('installs %s', async (_name, values, manifests) => {
    expect(byName(await renderChart(...values))).toEqual(byName(manifests()));
  });

  test.each([[[]], [PRODUCTION]])('passes helm lint: %j', async (values) => {
    const { code, stdout } = await runHelm('lint', '--strict', CHART, ...values);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('0 chart(s) failed') });
  });

  test('has the version of the server', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))).toMatchObject({ version, appVersion: version });
  });

  test('sets options, fields of pods, the image and the Secret', async () => {
    const manifests = await renderChart(
      ...['--set', 'config.RESONATE_LEVEL=debug', '--set', 'config.RESONATE_STORAGE__POSTGRES__POOL_SIZE=null'],
      ...['--set', 'pod.nodeSelector.disk=ssd', '--set', 'secretName=mine', '--set', 'image.repository=ghcr.io/me/r'],
    );
    const config = manifests.find(({ kind }) => kind === 'ConfigMap');
    expect(config?.metadata.name).toMatch(HASHED_NAME);
    expect(config?.['data']).toMatchObject({ RESONATE_LEVEL: 'debug' });
    expect(config?.['data']).not.toHaveProperty('RESONATE_STORAGE__POSTGRES__POOL_SIZE');
    const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
    expect(deployments).toHaveLength(3);
    for (const { spec } of deployments) {
      expect(spec).toMatchObject({
        template: {
          spec: {
            nodeSelector: { disk: 'ssd' },
            containers: [
              {
                image: `ghcr.io/me/r:${version}`,
                envFrom: [{ configMapRef: { name: config?.metadata.name } }, { secretRef: { name: 'mine' } }],
              },
            ],
          },
        },
      });
    }
  });

  test.each(['api.replica=3', 'autoscaling.type=HPA', 'config.level=debug'])(
    'refuses values that it does not know: %s',
    async (value) => {
      await expect(renderChart('--set', value)).rejects.toThrow(/values don't meet the specifications of the schema/);
    },
  );
});
