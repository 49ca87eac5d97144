import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { HttpClient } from '../../processes/http-client.ts';
import { runCommand } from '../../processes/run-command.ts';
import { RESONATE, ServerProcess } from '../../processes/server-process.ts';
import { onTerminal } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(60_000);

const FAR_AWAY = 4_102_444_800_000;
let server: ServerProcess;
let storage: string[];

beforeAll(async () => {
  server = await ServerProcess.start();
  storage = ['--storage-sqlite-path', join(server.directory, 'resonate.db')];
  const client = new HttpClient(server.url);
  for (const id of ['a', 'a.1', 'b', 'b.1', 'c']) {
    const tags = { 'resonate:origin': id.slice(0, 1), ...(id === 'c' && { keep: 'true' }) };
    await client.rpc('promise.create', { id, timeoutAt: FAR_AWAY, tags });
    if (id !== 'b.1') await client.rpc('promise.settle', { id, state: 'resolved' });
  }
  client.close();
});
afterAll(() => server.dispose());

const dryRun = (...rules: string[]) => ['retention', '--dry-run', ...storage, ...rules];

test('counts what would be deleted while a server runs, and deletes nothing', async () => {
  const args = dryRun('--retention-after', '1ms', '--retention-tags', 'keep=true:never');
  for (let run = 0; run < 2; run++) {
    const { code, stdout, stderr } = await runCommand(RESONATE, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ graphs: 1, promises: 2, kept: { pending: 1, forever: 1 } });
  }
});

test('counts nothing if no period is set', async () => {
  const { stdout } = await runCommand(RESONATE, dryRun());
  expect(JSON.parse(stdout)).toEqual({ graphs: 0, promises: 0, kept: {} });
});

test('prints on a terminal what would be deleted and why the rest is kept', async () => {
  const { stdout } = await runCommand(...onTerminal(dryRun('--retention-after', '1ms')));
  expect(stdout).toMatch(/2 +3 +would be deleted/);
  expect(stdout).toMatch(/1 +old, but kept: pending/);
});

test('refuses to run without --dry-run', async () => {
  const { code, stderr } = await runCommand(RESONATE, ['retention', ...storage]);
  expect(code).toBe(2);
  expect(stderr).toContain('dry-run');
});

test('refuses a database that does not exist', async () => {
  const path = join(server.directory, 'typo.db');
  const { code, stdout, stderr } = await runCommand(RESONATE, [
    'retention',
    '--dry-run',
    '--storage-sqlite-path',
    path,
  ]);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: `resonate: there is no resonate database at ${path}\n`,
  });
});
