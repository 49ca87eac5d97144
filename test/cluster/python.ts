import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TEST_CACHE } from '@resonate/testkit';
import { Spawned } from '../processes/spawned.ts';

const WORKERS = fileURLToPath(new URL('./workers', import.meta.url));
const REQUIREMENTS = join(WORKERS, 'requirements.txt');
/** The folder with the SDK's packages, for PYTHONPATH. */
export const PYTHON_SDK = fileURLToPath(new URL('../../node_modules/.cache/python-worker', import.meta.url));

/** The Python version that the SDK needs, and pip to install it. */
const FITS = 'import pip, sys; sys.exit(sys.version_info < (3, 12))';
const READY_WITHIN_MS = 60_000;
/** Long, because its packages come over the network. */
export const INSTALLED_WITHIN_MS = 300_000;

export interface PythonWorkerOptions {
  /** Base URL of its requests. */
  url: string;
  /** Base URL of its event stream. */
  streamUrl: string;
  group: string;
  name: string;
  /** The group to which its calls of TypeScript functions go. */
  others: string;
}

/** Starts a worker of the official Python SDK on this Python and waits until its stream is open. */
export async function startPythonWorker(python: string, options: PythonWorkerOptions): Promise<Spawned> {
  const args = Object.entries({ ...options, 'stream-url': options.streamUrl })
    .filter(([name]) => name !== 'streamUrl')
    .flatMap(([name, value]) => [`--${name}`, value]);
  const worker = new Spawned(python, [join(WORKERS, 'worker.py'), ...args], { PYTHONPATH: PYTHON_SDK });
  await worker.ready('the stream is open', (line) => line.includes('SSE connection established'), READY_WITHIN_MS);
  return worker;
}

/**
 * Installs the SDK once, below node_modules.
 * @returns the Python that runs it.
 */
export async function installPythonSdk(): Promise<string> {
  const python = await findPython();
  const installed = join(PYTHON_SDK, 'installed.txt');
  const wanted = `${readFileSync(REQUIREMENTS, 'utf8')}for ${python}\n`;
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python;
  rmSync(PYTHON_SDK, { recursive: true, force: true });
  await run(python, [
    '-m',
    'pip',
    'install',
    ...['--quiet', '--disable-pip-version-check', '--no-warn-script-location'],
    ...['--target', PYTHON_SDK, '-r', REQUIREMENTS],
  ]);
  // This comes last, so an interrupted installation is repeated.
  writeFileSync(installed, wanted);
  return python;
}

/** A Python that the SDK runs on: 3.12 or newer, with pip. @throws when there is none. */
export async function findPython(): Promise<string> {
  const versions = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const pyenv = existsSync(versions) ? readdirSync(versions).sort().reverse() : [];
  const candidates = [
    ...['python3.13', 'python3.12', 'python3.14', 'python3'],
    ...pyenv.map((version) => join(versions, version, 'bin', 'python3')),
    // Where scripts/setup-tests.sh puts it on systems that have an older one.
    join(TEST_CACHE, 'python/bin/python3.13'),
  ];
  for (const candidate of candidates) {
    const fits = await run(candidate, ['-c', FITS]).then(
      () => true,
      () => false,
    );
    if (fits) return candidate;
  }
  throw new Error(
    'Python 3.12 or newer with pip is not installed: Debian 13 has it (apt-get install python3-pip), pyenv on any system',
  );
}

/** Does not block this process, because its proxies must keep running. */
async function run(command: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(command, args, { timeout: INSTALLED_WITHIN_MS });
}
