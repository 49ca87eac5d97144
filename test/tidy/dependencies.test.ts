import { describe, expect, test } from '@jest/globals';
import lint from '../../oxlint.config.ts';
import { files, importsOf, isTest, jsonOf, packageName } from './sources.ts';

/** Checks that each package.json declares exactly the packages that its code imports. */

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

interface Workspace extends Manifest {
  /** `packages/store` */
  folder: string;
}

type Restriction = [level: string, { patterns: { group: string[] }[] }];

const WORKSPACES: Workspace[] = files(/^(apps|packages)\/[^/]+\/package\.json$/).map((file) => ({
  folder: file.replace('/package.json', ''),
  ...jsonOf<Manifest>(file),
}));
const FOR_ALL = jsonOf<Manifest>('package.json').devDependencies ?? {};

function imported({ folder, name }: Workspace) {
  return files(new RegExp(`^${folder}/.*\\.(tsx?|js)$`))
    .flatMap(importsOf)
    .map((found) => ({ ...found, name: packageName(found.name) }))
    .filter((found): found is typeof found & { name: string } => found.name !== null && found.name !== name);
}

describe.each(WORKSPACES)('$folder', (workspace) => {
  const { folder, dependencies = {}, devDependencies = {} } = workspace;

  test('declares what it imports', () => {
    const missing = imported(workspace).filter(({ file, name }) => {
      if (name in dependencies) return false;
      // The dashboard is built into files that contain everything that they need, so its packages are not installed.
      const isBuilding = isTest(file) || folder === 'apps/dashboard';
      return !isBuilding || !(name in devDependencies || name in FOR_ALL);
    });
    expect(missing.map(({ file, line, name }) => `${file}:${line}: ${name} is not in ${folder}/package.json`)).toEqual(
      [],
    );
  });

  test('imports what it declares', () => {
    const used = new Set(imported(workspace).map(({ name }) => name));
    const unused = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !used.has(name));
    expect(unused.map((name) => `${folder}/package.json:1: nothing imports ${name}`)).toEqual([]);
  });

  test('depends only on packages that the architecture allows', () => {
    const { allowed } = importRule(folder);
    const ours = Object.keys(dependencies).filter((name) => name.startsWith('@resonate/'));
    expect(ours.filter((name) => !allowed(name)).map((name) => `${folder}/package.json:1: ${name}`)).toEqual([]);
  });
});

/** What a package may import according to oxlint.config.ts. Without a rule, everything is allowed. */
function importRule(folder: string): { allowed(name: string): boolean } {
  const rules = lint.overrides?.find(({ files }) => files.includes(`${folder}/src/**`))?.rules;
  const rule = rules?.['no-restricted-imports'] as Restriction | undefined;
  const group = rule?.[1].patterns.flatMap((pattern) => pattern.group);
  return { allowed: (name) => !group || group.includes(`!${name}`) };
}
