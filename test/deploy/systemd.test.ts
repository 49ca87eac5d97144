import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { runCommand } from '../processes/run-command.ts';
import { ROOT } from './image.ts';

const UNIT = join(ROOT, 'deploy/systemd/resonate.service');
const USERS = join(ROOT, 'deploy/systemd/resonate.sysusers.conf');
const unit = readFileSync(UNIT, 'utf8');

function valueOf(name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1];
}

test('systemd accepts the unit without a warning', async () => {
  expect(await runCommand('systemd-analyze', ['verify', '--man=no', UNIT])).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
});

test('sysusers creates the user of the unit', async () => {
  const { code, stderr } = await runCommand('systemd-sysusers', ['--dry-run', USERS]);
  expect(code).toBe(0);
  expect(stderr).toContain(`Creating user '${valueOf('User') ?? ''}'`);
});

test('the unit waits for a clean stop, and does not restart after a wrong configuration', () => {
  const { shutdownTimeoutMs } = loadConfig().config.server;
  expect(parseInt(valueOf('TimeoutStopSec') ?? '', 10) * 1_000).toBeGreaterThan(shutdownTimeoutMs);
  expect(valueOf('RestartPreventExitStatus')).toBe('2');
});

test('the server accepts the options that the unit sets', () => {
  const pairs = (valueOf('Environment') ?? '').split(' ').map((pair) => pair.split('='));
  const env = Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value] as const));
  const { config } = loadConfig({ env, command: 'serve' });
  expect(config.storage.sqlite.path).toBe(`/var/lib/${valueOf('StateDirectory') ?? ''}/resonate.db`);
});
