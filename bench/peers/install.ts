import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = import.meta.dirname;

let installing: Promise<void> | undefined;

/**
 * Installs the systems that the benchmark compares with. It does so once, and again when their lock file has changed.
 */
export function installPeers(): Promise<void> {
  return (installing ??= install());
}

async function install(): Promise<void> {
  // npm writes this file at the end of an installation.
  const installedAt = modifiedAt(join(FOLDER, 'node_modules/.package-lock.json'));
  if (installedAt >= modifiedAt(join(FOLDER, 'package-lock.json'))) return;
  console.error('installing the peers (npm ci in bench/peers)');
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: FOLDER });
}

function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
