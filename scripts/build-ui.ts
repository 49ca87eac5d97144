/**
 * `npm run build:ui`, also the last step of `npm ci` in a checkout. Builds the dashboard that `resonate dev` and
 * `resonate serve` of the checkout show at /ui. Does nothing if the built files are newer than their sources.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = join(ROOT, 'apps/dashboard');
const SOURCES = ['src', 'index.html', 'vite.config.ts', 'package.json'];

/** The folder of the built dashboard. */
export const DIST = join(PACKAGE, 'dist');

/**
 * Builds into another folder and moves it to `DIST` at the end, because a server or another suite may be reading the old
 * files. For a moment between the two moves there is no folder.
 */
export function buildUi(): void {
  if (builtAt() > Math.max(...SOURCES.map((name) => changedAt(join(PACKAGE, name))))) return;
  const cache = join(PACKAGE, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'dist-'));
  const replaced = `${folder}.replaced`;
  try {
    const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
    execFileSync(process.execPath, [vite, 'build', PACKAGE, '--outDir', folder, '--logLevel', 'warn'], {
      stdio: 'inherit',
    });
    move(DIST, replaced, ['ENOENT']);
    // If another suite built at the same time and was faster, its result is there and is used.
    move(folder, DIST, ['ENOTEMPTY', 'EEXIST']);
  } finally {
    for (const rest of [folder, replaced]) rmSync(rest, { recursive: true, force: true });
  }
}

/** @param expected codes of errors after which `from` stays where it is. */
function move(from: string, to: string, expected: readonly string[]): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!expected.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
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

if (import.meta.main) buildUi();
