import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

interface PackageFile {
  name: string;
  dependencies?: Record<string, string>;
  exports?: Record<string, string>;
}

export interface Workspace extends PackageFile {
  folder: string;
}

/** Those that an installed package consists of: all but what only tests use. */
export function workspaces(): Workspace[] {
  return globSync('{apps,packages}/*/package.json')
    .map((file) => ({ ...read(file), folder: dirname(file) }))
    .filter(({ name }) => name !== '@resonate/testkit');
}

/** What workspaces need from the registry and package.json at the top does not list the same way, as NAME@RANGE. */
export function missingDependencies(): string[] {
  const { dependencies: listed = {} } = read('package.json');
  const needed = workspaces().flatMap(({ dependencies = {} }) => Object.entries(dependencies));
  const missing = needed.filter(([name, range]) => !name.startsWith('@resonate/') && listed[name] !== range);
  return [...new Set(missing.map(([name, range]) => `${name}@${range}`))].sort();
}

function read(file: string): PackageFile {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
}
