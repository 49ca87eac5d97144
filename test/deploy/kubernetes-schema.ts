import type { Manifest } from './kustomize.ts';

/** Packages with the schemas of kinds that do not belong to Kubernetes itself. */
const PACKAGES: Readonly<Record<string, string>> = {
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

interface Model {
  /** @throws when the manifest does not fit its schema. */
  validate(): void;
}

type Kind = new (manifest: Manifest) => Model;

/**
 * Checks a manifest against the schema of its kind, as strictly as `kubectl apply` does: an unknown field is a mistake.
 * @returns the mistakes, one line each.
 */
export async function schemaFaults(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind, metadata } = manifest;
  const owner = PACKAGES[apiVersion.split('/')[0] ?? ''] ?? 'kubernetes-models';
  const exported = (await import(`${owner}/${apiVersion}/${kind}`)) as Record<string, Kind>;
  const Kind = exported[kind];
  if (!Kind) throw new Error(`${owner} has no ${apiVersion} ${kind}`);
  const unread = new Set<string>();
  const model = watched(new Kind(manifest), '', unread) as Model;
  const faults: string[] = [];
  try {
    model.validate();
  } catch (error) {
    faults.push(String(error));
  }
  faults.push(...[...unread].map((field) => `unknown field ${field.slice(1)}`));
  return faults.map((fault) => `${kind} ${metadata.name}: ${fault}`);
}

/** `unread` collects the fields that were not read. The validators read each field of their schema, so the rest is unknown. */
function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const children = new Map<PropertyKey, unknown>();
  if (!Array.isArray(value)) Object.keys(value).forEach((key) => unread.add(`${path}.${key}`));
  return new Proxy(value, {
    get(target, key, receiver) {
      const child: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return child;
      unread.delete(`${path}.${key}`);
      if (!children.has(key)) children.set(key, watched(child, `${path}.${key}`, unread));
      return children.get(key);
    },
  });
}
