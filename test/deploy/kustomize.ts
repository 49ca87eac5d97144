import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from './image.ts';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** The fields of a kustomization that ours use. */
interface Kustomization {
  apiVersion: string;
  kind: 'Kustomization' | 'Component';
  resources?: string[];
  components?: string[];
  configMapGenerator?: { name: string; behavior?: 'merge'; literals: string[] }[];
  patches?: { path: string }[];
  images?: { name: string; newTag: string }[];
  replicas?: { name: string; count: number }[];
}

const KNOWN = new Set([
  ...['apiVersion', 'kind', 'resources', 'components'],
  ...['configMapGenerator', 'patches', 'images', 'replicas'],
]);

export function readManifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).map((document) => document.toJS() as Manifest);
}

/**
 * Builds a kustomization as `kubectl kustomize` does, for the fields that ours use, but without a hash in a ConfigMap's name.
 * @param folder from the root: `deploy/k8s/overlays/small`.
 * @param exchange components that replace others, by the folder of the replaced one.
 */
export function kustomize(folder: string, exchange: Readonly<Record<string, string>> = {}): Manifest[] {
  return apply(folder, [], exchange);
}

function apply(folder: string, found: Manifest[], exchange: Readonly<Record<string, string>>): Manifest[] {
  const kustomization = readKustomization(folder);
  for (const resource of kustomization.resources ?? []) {
    const path = join(folder, resource);
    found.push(...(statSync(join(ROOT, path)).isDirectory() ? apply(path, [], exchange) : readManifests(path)));
  }
  for (const component of kustomization.components ?? []) {
    const path = join(folder, component);
    apply(exchange[path] ?? path, found, exchange);
  }
  for (const { name, behavior, literals } of kustomization.configMapGenerator ?? []) {
    const data: Record<string, string> = Object.fromEntries(
      literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    if (behavior === 'merge') Object.assign(find(found, 'ConfigMap', name)['data'] as object, data);
    else found.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  }
  for (const { path } of kustomization.patches ?? []) {
    for (const patch of readManifests(join(folder, path))) {
      const target = find(found, patch.kind, patch.metadata.name);
      found[found.indexOf(target)] = merge(target, patch) as Manifest;
    }
  }
  for (const { name, newTag } of kustomization.images ?? []) {
    for (const container of containersOf(found)) {
      if (container.image.split(':')[0] === name) container.image = `${name}:${newTag}`;
    }
  }
  for (const { name, count } of kustomization.replicas ?? []) {
    Object.assign(find(found, 'Deployment', name)['spec'] as object, { replicas: count });
  }
  return found;
}

function readKustomization(folder: string): Kustomization {
  const file = join(folder, 'kustomization.yaml');
  if (!existsSync(join(ROOT, file))) throw new Error(`${file} is missing`);
  const kustomization = parse(readFileSync(join(ROOT, file), 'utf8')) as Kustomization;
  const unknown = Object.keys(kustomization).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`${file}: this test does not know ${unknown.join(', ')}`);
  return kustomization;
}

export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

interface PodSpec {
  containers: { image: string }[];
}

function containersOf(manifests: readonly Manifest[]): PodSpec['containers'] {
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  return deployments.flatMap(({ spec }) => (spec as { template: { spec: PodSpec } }).template.spec.containers);
}

/** A strategic merge: objects are merged, lists of objects with names are merged by name, other lists are replaced. */
function merge(base: unknown, patch: unknown): unknown {
  if (isNamedList(base) && isNamedList(patch)) {
    const patched = base.map((item) => {
      const change = patch.find(({ name }) => name === item.name);
      return change ? merge(item, change) : item;
    });
    return [...patched, ...patch.filter(({ name }) => !base.some((item) => item.name === name))];
  }
  if (!isObject(base) || !isObject(patch)) return patch;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) result[key] = merge(base[key], value);
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.every((item) => isObject(item) && typeof item['name'] === 'string');
}
