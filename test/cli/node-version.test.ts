import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '../processes/free-port.ts';
import { runCommand } from '../processes/run-command.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** The command that a checkout has after `npm ci`. */

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin/resonate');

async function versionIn(packagePath: string): Promise<string> {
  return (JSON.parse(await readFile(join(ROOT, packagePath), 'utf8')) as { version: string }).version;
}

describe('whichever Node comes first on the PATH', () => {
  let directory: string;
  let env: { PATH: string };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'resonate-node-'));
    // If anything ran this program, the test would fail.
    await writeFile(join(directory, 'node'), '#!/bin/sh\necho "the wrong node" >&2\nexit 99\n');
    await chmod(join(directory, 'node'), 0o755);
    env = { PATH: `${directory}${delimiter}${process.env['PATH']}` };
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('the command runs', async () => {
    const { code, stdout, stderr } = await runCommand(BIN, ['--version'], { cwd: directory, env });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${await versionIn('package.json')}\n`, stderr: '' });
  });

  test('the server runs on the pinned version', async () => {
    const [api, metrics] = [await freePort(), await freePort()];
    const ports = ['--server-port', String(api), '--observability-metrics-port', String(metrics)];
    const server = new Spawned(BIN, ['dev', '--server-bind', '127.0.0.1', ...ports], env, directory);
    try {
      const text = await until('/metrics answers', 30_000, async () => {
        const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`);
        return answer.text();
      });
      const pinned = await versionIn('node_modules/node/package.json');
      expect(/^resonate_build_info\{.*node="v(.*?)".*\} 1$/m.exec(text)?.[1]).toBe(pinned);
      expect(Number(pinned.split('.')[0])).toBeGreaterThanOrEqual(24);
    } finally {
      await server.kill9();
    }
  });
});

test.each([
  ['npx resonate', 'npx', ['resonate', '--version']],
  ['npm run resonate', 'npm', ['run', '--silent', 'resonate', '--', '--version']],
])('%s works from the checkout', async (_name, command, args) => {
  const { code, stdout } = await runCommand(command, args, { cwd: ROOT });
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${await versionIn('package.json')}\n` });
});
