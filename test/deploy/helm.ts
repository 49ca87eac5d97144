import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_CACHE } from '@resonate/testkit';
import { parseAllDocuments } from 'yaml';
import { runCommand } from '../processes/run-command.ts';
import { ROOT } from './image.ts';
import type { Manifest } from './kustomize.ts';

export const CHART = join(ROOT, 'deploy/helm/resonate');
export const PRODUCTION = ['--values', join(CHART, 'values-production.yaml')];

/** The Helm that scripts/install-helm.sh installed, or the one on the PATH. */
function helmProgram(): string {
  const installed = join(TEST_CACHE, 'helm/helm');
  return existsSync(installed) ? installed : 'helm';
}

export function runHelm(...args: string[]) {
  return runCommand(helmProgram(), args);
}

/** The manifests of the chart, as `helm install` would apply them. @param args values: `--set`, `--values` */
export async function renderChart(...args: string[]): Promise<Manifest[]> {
  const { code, stdout, stderr } = await runHelm('template', 'resonate', CHART, '--namespace', 'resonate', ...args);
  if (code !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}
