import { globSync, readFileSync } from 'node:fs';

interface PackageFile {
  name: string;
  dependencies?: Record<string, string>;
}

/** Dependencies of workspaces, as NAME@RANGE, that the root package.json does not list in the same way. */
export function missingDependencies(): string[] {
  const { dependencies: listed = {} } = read('package.json');
  const needed = globSync('{apps,packages}/*/package.json')
    .map(read)
    // Only tests use the testkit.
    .filter(({ name }) => name !== '@resonate/testkit')
    .flatMap(({ dependencies = {} }) => Object.entries(dependencies));
  const missing = needed.filter(([name, range]) => !name.startsWith('@resonate/') && listed[name] !== range);
  return [...new Set(missing.map(([name, range]) => `${name}@${range}`))].sort();
}

function read(file: string): PackageFile {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
}
