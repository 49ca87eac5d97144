/**
 * The packages of `clients/`, built and packed into clients/dist: what workers install. The Python one needs a `python3`
 * with pip; without, it is left out.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

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

function buildPython(): void {
  if (!existsSync(`${PYTHON}/pyproject.toml`)) return;
  const args = ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', PACKED, `./${PYTHON}`];
  try {
    execFileSync('python3', args, { stdio: ['ignore', 'inherit', 'pipe'] });
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr ?? error).trim();
    console.error(`the Python package was not built: ${reason.split('\n').at(-1) ?? ''}`);
  }
}
