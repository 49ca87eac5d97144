import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Corrects what npm writes into package-lock.json, so that `npm ci` works without a warning on every machine:
 * - Optional packages for other platforms are added if npm left them out, because the registry does not have them.
 *   Without them npm 11 reports that the lock file is out of date.
 * - `gypfile: false` is added, which means that a package ships its binary. Without it npm 10 builds the binary,
 *   which needs Python, a compiler and Node's headers.
 * - `engines` of installed packages is removed. npm compares it with the Node that npm itself runs on, which may be
 *   20, and warns (EBADENGINE). The code runs on the Node 24 of the npm package `node`.
 */

export interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  gypfile?: boolean;
  engines?: Record<string, string> | string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const OS = new Set(['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'windows']);
const CPU = new Set(['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64']);

export function readLockfile(root: string): Lockfile {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
}

/** Changes `lock`. @returns one line for each change; empty if it was complete. */
export function completeLockfile(lock: Lockfile, root: string): string[] {
  return [...addPlatforms(lock), ...markPrebuilt(lock, root), ...removeEngines(lock)];
}

function addPlatforms({ packages }: Lockfile): string[] {
  const added: string[] = [];
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(optionalDependencies)) {
      if (isLocked(packages, path, name)) continue;
      packages[`node_modules/${name}`] = platformEntry(name, range, dev ?? false);
      added.push(`${name} (optional, for another platform)`);
    }
  }
  return added;
}

/** Whether Node finds an entry for `name` from the package at `path`: in its folder or in one above it. */
function isLocked(packages: Lockfile['packages'], path: string, name: string): boolean {
  const folder = path === '' ? '' : `${path}/`;
  if (`${folder}node_modules/${name}` in packages) return true;
  return path !== '' && isLocked(packages, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name);
}

/** The entry of a platform package. Its name contains the platform: `@swc/core-linux-arm64-gnu`. */
function platformEntry(name: string, range: string, dev: boolean): LockedPackage {
  const parts = name.split(/[/-]/);
  const os = parts.find((part) => OS.has(part));
  const cpu = parts.find((part) => CPU.has(part));
  if (!os || !cpu) throw new Error(`${name}: not a platform package, run npm install where the registry has it`);
  return { version: range.replace(/^[~^]/, ''), cpu: [cpu], ...(dev ? { dev } : {}), optional: true, os: [os] };
}

function markPrebuilt({ packages }: Lockfile, root: string): string[] {
  const marked: string[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    const manifest = join(root, path, 'package.json');
    // npm builds every package that has this file.
    if (entry.gypfile === false || !existsSync(join(root, path, 'binding.gyp'))) continue;
    const { gypfile } = JSON.parse(readFileSync(manifest, 'utf8')) as { gypfile?: boolean };
    if (gypfile !== false) continue;
    entry.gypfile = false;
    marked.push(`${path} (its binary is shipped)`);
  }
  return marked;
}

function removeEngines({ packages }: Lockfile): string[] {
  const needing = Object.entries(packages).filter(([path, { engines }]) => path.includes('node_modules/') && engines);
  for (const [, entry] of needing) delete entry.engines;
  return needing.map(([path]) => `${path} (engines removed)`);
}
