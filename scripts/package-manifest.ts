import { readFileSync } from 'node:fs';
import { OLDEST_NODE } from '../apps/cli/src/oldest-node.ts';
import { OPTIONAL_PACKAGES } from '../packages/config/src/optional-packages.ts';

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  dependencies: Record<string, string>;
}

/**
 * The package.json of the npm package. Packages that only some options need are optional peers: npm does not install
 * them, but warns if another version of them is installed.
 */
export function packageManifest(): object {
  const { name, version, description, license, dependencies } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as Manifest;
  const optional = new Set<string>(Object.values(OPTIONAL_PACKAGES).flat());
  const select = (isOptional: boolean) =>
    Object.fromEntries(Object.entries(dependencies).filter(([dependency]) => optional.has(dependency) === isOptional));
  const peerDependencies = select(true);
  return {
    ...{ name, version, description, license },
    type: 'module',
    engines: { node: `>=${OLDEST_NODE}` },
    bin: { resonate: 'apps/cli/dist/main.js' },
    dependencies: select(false),
    peerDependencies,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(peerDependencies).map((dependency) => [dependency, { optional: true }]),
    ),
  };
}

/** The files of the repository to which a page links. */
export function linkedFiles(page: string): string[] {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, path = '']) => path);
  return [...new Set(links.filter((path) => !/^[a-z]+:/.test(path)))];
}
