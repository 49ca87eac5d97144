import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { OPTIONAL_PACKAGES } from '@resonate/config/optional-packages';
import { linkedFiles } from '../../scripts/package-manifest.ts';
import { freePort } from '../processes/free-port.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The oldest supported version of Node, as a package for this platform from the registry. */
const OLDEST_NODE = `node-${process.platform}-${process.arch}@22`;
const PREPARED_WITHIN_MS = 300_000;
const READY_WITHIN_MS = 120_000;

/** Longer than all that a test waits for. */
jest.setTimeout(PREPARED_WITHIN_MS);

/** The package is built in a copy of the checkout, so that the checkout does not change, and installed in an empty folder. */
describe('the package', () => {
  let directory: string;
  let tarball: string;
  let bin: string;
  let oldestNode: string;

  const run = (cwd: string, command: string, ...args: string[]) =>
    promisify(execFile)(command, args, { cwd, timeout: PREPARED_WITHIN_MS });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'resonate-package-'));
    const [checkout, empty] = [join(directory, 'checkout'), join(directory, 'empty')];
    const files = ['package.json', 'tsconfig.json', 'LICENSE', 'README.md', 'scripts'];
    const parts = ['apps', 'packages', 'clients'];
    for (const name of [...files, ...parts, ...linkedFiles(join(ROOT, 'README.md'))])
      await cp(join(ROOT, name), join(checkout, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
    const pack = async () => {
      await run(checkout, 'npm', 'run', 'build');
      await run(checkout, 'npm', 'pack', './dist', '--pack-destination', directory);
    };
    const fetchNode = async () => {
      await mkdir(empty);
      await writeFile(join(empty, 'package.json'), '{}');
      await run(empty, 'npm', 'install', ...quietly, OLDEST_NODE);
    };
    await Promise.all([pack(), fetchNode()]);
    tarball = globSync(join(directory, '*.tgz'))[0] ?? '';
    await cp(tarball, join(empty, 'package.tgz'));
    await run(empty, 'npm', 'install', ...quietly, './package.tgz');
    bin = join(empty, 'node_modules/.bin/resonate');
    oldestNode = join(empty, 'node_modules', OLDEST_NODE.replace(/@.*/, ''), 'bin/node');
  }, PREPARED_WITHIN_MS);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('runs on the oldest supported version of Node', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await run(directory, oldestNode, bin, '--version');
    expect(stdout).toBe(`${version}\n`);
  });

  test('starts a server, and contains every dialect and migration', async () => {
    const [api, metrics] = [await freePort(), await freePort()];
    const ports = ['--server-port', String(api), '--observability-metrics-port', String(metrics)];
    const server = new Spawned(oldestNode, [bin, 'serve', ...ports], {}, directory);
    try {
      const url = `http://127.0.0.1:${api}`;
      // On a busy machine a process takes long to start.
      await until('/ready answers', READY_WITHIN_MS, async () => (await fetch(`${url}/ready`)).ok);
      const data = { id: 'p', timeoutAt: Date.now() + 60_000, param: {}, tags: {} };
      expect(await call(url, 'promise.create', data)).toMatchObject({ promise: { id: 'p' } });
      expect((await stat(join(directory, 'resonate.db'))).size).toBeGreaterThan(0);
    } finally {
      await server.kill9();
    }
    const migrations = globSync('dialects/*/migrations/*.sql', { cwd: join(ROOT, 'packages/store/src') });
    const { stdout } = await run(directory, 'tar', '-tf', tarball);
    const loadedByName = [...migrations, 'log-checkpoint-thread.js'];
    expect(loadedByName.filter((file) => !stdout.includes(`package/apps/cli/dist/${file}\n`))).toEqual([]);
  });

  test('is built together with the package for workers, which contains its types and no tests', async () => {
    const [packed = ''] = globSync(join(directory, 'checkout/clients/dist/resonate-websocket-*.tgz'));
    const { stdout } = await run(directory, 'tar', '-tf', packed);
    const files = stdout
      .trim()
      .split('\n')
      .map((file) => file.replace('package/', ''));
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts']));
    expect(files.filter((file) => /\.test\.|^src\//.test(file))).toEqual([]);
  });

  test('can be published: npm corrects nothing in it', async () => {
    // CI runs npm silently, and npm passes that on to the npm that it starts.
    const publish = ['publish', './dist', '--dry-run', '--loglevel', 'notice'];
    const { stdout, stderr } = await run(join(directory, 'checkout'), 'npm', ...publish);
    expect(stdout).toContain(`+ resonate-server@`);
    // Tests have no account, so npm warns about the missing login.
    expect(stderr.split('\n').filter((line) => /warn/i.test(line) && !line.includes('logged in'))).toEqual([]);
  });

  test('has every file that its README links to', async () => {
    const installed = join(directory, 'empty/node_modules/resonate-server');
    const links = linkedFiles(join(installed, 'README.md'));
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((path) => !existsSync(join(installed, path)))).toEqual([]);
  });

  test('prints which packages an option needs, and how to install them', async () => {
    const packages = Object.values(OPTIONAL_PACKAGES).flat();
    const installed = packages.filter((name) => existsSync(join(directory, 'empty/node_modules', name)));
    // prom-client depends on this package.
    expect(installed).toEqual(['@opentelemetry/api']);
    const refused = async (...args: string[]) => {
      const failed = await run(directory, oldestNode, bin, ...args).catch((error: unknown) => error);
      return failed as { code: number; stderr: string };
    };
    const kafka = ['--transports-kafka-enabled', '--transports-kafka-brokers', 'localhost:9092'];
    expect(await refused('dev', ...kafka)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^resonate: transports\.kafka needs .*: npm install @platformatic\/kafka@\^\d\S+\n$/,
      ),
    });
    expect(await refused('dev', '--observability-otlp-endpoint', 'localhost:4317')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npm install @opentelemetry/core@'),
    });
    expect(await refused('mcp')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npm install @modelcontextprotocol/sdk@'),
    });
  });

  test('contains no tests and no sources', async () => {
    const { stdout } = await run(directory, 'tar', '-tf', tarball);
    expect(
      stdout.split('\n').filter((file) => /^package\/(apps|packages)\/.*(\.(test|fixture)\.|\.ts$|testkit)/.test(file)),
    ).toEqual([]);
  });
});
