import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Spawned } from '../processes/spawned.ts';

const WORKERS = fileURLToPath(new URL('./workers', import.meta.url));
const REQUIREMENTS = join(WORKERS, 'requirements.txt');
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/python-worker', import.meta.url));

/** What the SDK needs, and what it takes to install it. */
const FITS = 'import pip, sys; sys.exit(sys.version_info < (3, 12))';
const READY_WITHIN_MS = 60_000;
const INSTALLED_WITHIN_MS = 180_000;

export interface PythonWorkerOptions {
  /** Base URL of its requests. */
  url: string;
  /** Base URL of its event stream. */
  streamUrl: string;
  group: string;
  name: string;
  /** Group its calls of TypeScript functions go to. */
  others: string;
}

/** Starts a worker of the official Python SDK and waits until its stream is open. */
export async function startPythonWorker(options: PythonWorkerOptions): Promise<Spawned> {
  const args = Object.entries({ ...options, 'stream-url': options.streamUrl })
    .filter(([name]) => name !== 'streamUrl')
    .flatMap(([name, value]) => [`--${name}`, value]);
  const python = findPython();
  install(python);
  const worker = new Spawned(python, [join(WORKERS, 'worker.py'), ...args], { PYTHONPATH: CACHE });
  try {
    await worker.line('the stream is open', (line) => line.includes('SSE connection established'), READY_WITHIN_MS);
  } catch (error) {
    await worker.kill9();
    throw error;
  }
  return worker;
}

/** Installs the SDK beside the npm packages, once. */
function install(python: string): void {
  const installed = join(CACHE, 'installed.txt');
  const wanted = `${readFileSync(REQUIREMENTS, 'utf8')}for ${python}\n`;
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  rmSync(CACHE, { recursive: true, force: true });
  run(python, [
    '-m',
    'pip',
    'install',
    ...['--quiet', '--disable-pip-version-check', '--no-warn-script-location'],
    ...['--target', CACHE, '-r', REQUIREMENTS],
  ]);
  // Last: an installation that was broken off is made anew.
  writeFileSync(installed, wanted);
}

/** @throws when there is none. */
function findPython(): string {
  const versions = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const pyenv = existsSync(versions) ? readdirSync(versions).sort().reverse() : [];
  const candidates = [
    ...['python3.13', 'python3.12', 'python3.14', 'python3'],
    ...pyenv.map((version) => join(versions, version, 'bin', 'python3')),
  ];
  const found = candidates.find((candidate) => {
    try {
      run(candidate, ['-c', FITS]);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) {
    throw new Error(
      'Python 3.12 or newer with pip is not installed: Debian 13 has it (apt-get install python3-pip), pyenv on any system',
    );
  }
  return found;
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALLED_WITHIN_MS });
}
