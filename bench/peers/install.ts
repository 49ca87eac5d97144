import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = import.meta.dirname;

let installing: Promise<void> | undefined;

/** Installs what the benchmark compares with, once; again when its lock file has changed since. */
export function installPeers(): Promise<void> {
  return (installing ??= install());
}

async function install(): Promise<void> {
  // npm writes it at the end of an installation.
  const installedAt = modifiedAt(join(FOLDER, 'node_modules/.package-lock.json'));
  if (installedAt >= modifiedAt(join(FOLDER, 'package-lock.json'))) return;
  console.error('installs the peers (npm ci in bench/peers)');
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: FOLDER });
}

function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
