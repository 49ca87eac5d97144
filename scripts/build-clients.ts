/**
 * Builds the packages of `clients/`, which workers install, and packs them into clients/dist. The Python package needs
 * `python3` with pip; without it, it is left out.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PACKED = resolve('clients/dist');
const TYPESCRIPT = 'clients/typescript';
const PYTHON = 'clients/python';

rmSync(PACKED, { recursive: true, force: true });
mkdirSync(PACKED, { recursive: true });
buildTypeScript();
buildPython();

function buildTypeScript(): void {
  rmSync(`${TYPESCRIPT}/dist`, { recursive: true, force: true });
  execFileSync('npx', ['tsc', '-p', TYPESCRIPT], { stdio: 'inherit' });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', PACKED], { cwd: TYPESCRIPT, stdio: 'inherit' });
}

/**
 * Builds in a copy, because setuptools leaves files beside its sources. The wheel has no compiled code, so it works
 * with every Python version.
 */
function buildPython(): void {
  const copy = mkdtempSync(join(tmpdir(), 'resonate-wheel-'));
  cpSync(PYTHON, copy, { recursive: true });
  const flags = ['--quiet', '--no-deps', '--ignore-requires-python', '--wheel-dir', PACKED];
  try {
    execFileSync('python3', ['-m', 'pip', 'wheel', ...flags, copy], { stdio: ['ignore', 'inherit', 'pipe'] });
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr ?? error).trim();
    console.error(`the Python package was not built: ${reason.split('\n').at(-1) ?? ''}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
