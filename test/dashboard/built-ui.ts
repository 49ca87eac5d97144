import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../apps/dashboard', import.meta.url));
const SOURCES = ['src', 'index.html', 'vite.config.ts', 'package.json'];

/** Where the built dashboard lies. */
export const DIST = join(PACKAGE, 'dist');

/** Builds the dashboard unless what is there is newer than its sources. In one step: another suite may be using it. */
export function buildUi(): void {
  if (builtAt() > Math.max(...SOURCES.map((name) => changedAt(join(PACKAGE, name))))) return;
  const cache = join(PACKAGE, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'dist-'));
  try {
    const vite = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));
    execFileSync(process.execPath, [vite, 'build', PACKAGE, '--outDir', folder, '--logLevel', 'warn']);
    rmSync(DIST, { recursive: true, force: true });
    renameSync(folder, DIST);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function builtAt(): number {
  const index = join(DIST, 'index.html');
  return existsSync(index) ? statSync(index).mtimeMs : 0;
}

function changedAt(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  return Math.max(...readdirSync(path).map((name) => changedAt(join(path, name))));
}
