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

/** The workspaces that are part of an installed package: all except those that only tests use. */
export function workspaces(): Workspace[] {
  return globSync('{apps,packages}/*/package.json')
    .map((file) => ({ ...read(file), folder: dirname(file) }))
    .filter(({ name }) => name !== '@resonate/testkit');
}

/** Dependencies of workspaces, as NAME@RANGE, that the root package.json does not list in the same way. */
export function missingDependencies(): string[] {
  const { dependencies: listed = {} } = read('package.json');
  const needed = workspaces().flatMap(({ dependencies = {} }) => Object.entries(dependencies));
  const missing = needed.filter(([name, range]) => !name.startsWith('@resonate/') && listed[name] !== range);
  return [...new Set(missing.map(([name, range]) => `${name}@${range}`))].sort();
}

function read(file: string): PackageFile {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
}
