import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IContainer, IPodSpec } from 'kubernetes-models/v1';
import type { Manifest } from './kustomize.ts';
import { find } from './kustomize.ts';

/** The parts of one of our Deployments that tests use. */
export interface DeployedRole {
  role: string;
  manifest: Manifest;
  replicas: number | undefined;
  labels: Record<string, string>;
  pod: IPodSpec;
  container: IContainer;
  /** The variables of the ConfigMap and the Secret from which the container gets its environment. */
  env: Record<string, string>;
}

/** @param manifests including the Secret that the operator creates. */
export function deployedRoles(manifests: readonly Manifest[]): DeployedRole[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment')
    .map((manifest) => {
      const { spec } = manifest as unknown as IDeployment;
      const pod = spec?.template.spec;
      const [container, ...others] = pod?.containers ?? [];
      if (!spec || !pod || !container || others.length > 0)
        throw new Error(`${manifest.metadata.name} is not one of ours`);
      return {
        role: spec.template.metadata?.labels?.['app.kubernetes.io/component'] ?? '',
        manifest,
        replicas: spec.replicas,
        labels: spec.template.metadata?.labels ?? {},
        pod,
        container,
        env: environmentOf(container, manifests),
      };
    });
}

function environmentOf({ envFrom = [] }: IContainer, manifests: readonly Manifest[]): Record<string, string> {
  const parts = envFrom.map(({ configMapRef, secretRef }) =>
    configMapRef
      ? find(manifests, 'ConfigMap', configMapRef.name ?? '')['data']
      : find(manifests, 'Secret', secretRef?.name ?? '')['stringData'],
  );
  return Object.assign({}, ...parts) as Record<string, string>;
}
