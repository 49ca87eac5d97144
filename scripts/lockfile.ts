import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What npm leaves out of package-lock.json, and without which `npm ci` fails on some machines:
 * - optional packages for platforms that the registry it was written against does not hold: npm 11 then calls the
 *   lock file out of date;
 * - `gypfile: false`, with which a package says that its binary is shipped: npm 10 then builds it, which needs
 *   Python, a compiler and Node's headers.
 */
export interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  gypfile?: boolean;
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

/** Adds to `lock` what is missing. @returns one line for each addition; nothing when it was complete. */
export function completeLockfile(lock: Lockfile, root: string): string[] {
  return [...addPlatforms(lock), ...markPrebuilt(lock, root)];
}

function addPlatforms({ packages }: Lockfile): string[] {
  const added: string[] = [];
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(optionalDependencies)) {
      if (`${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages) continue;
      packages[`node_modules/${name}`] = platformEntry(name, range, dev ?? false);
      added.push(`${name} (optional, for another platform)`);
    }
  }
  return added;
}

/** Platform packages say in their name where they belong: `@swc/core-linux-arm64-gnu`. */
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
    // npm builds whatever has such a file.
    if (entry.gypfile === false || !existsSync(join(root, path, 'binding.gyp'))) continue;
    const { gypfile } = JSON.parse(readFileSync(manifest, 'utf8')) as { gypfile?: boolean };
    if (gypfile !== false) continue;
    entry.gypfile = false;
    marked.push(`${path} (its binary is shipped)`);
  }
  return marked;
}
