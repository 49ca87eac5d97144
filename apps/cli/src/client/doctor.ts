import type { Argv } from 'yargs';
import { checkAuth } from './doctor/auth.ts';
import { checkPackages } from './doctor/packages.ts';
import { checkStore } from './doctor/store.ts';
import { checkTransports } from './doctor/transports.ts';
import { checkWakeups } from './doctor/wakeups.ts';
import type { Finding } from './doctor/finding.ts';
import { show } from './output.ts';
import { Progress } from './progress.ts';
import { configurationOf, configurationOptions, type ConfigurationArguments } from './server-configuration.ts';

export const builder = (command: Argv) => configurationOptions(command, 'doctor');

const CHECKS = {
  packages: checkPackages,
  auth: checkAuth,
  store: checkStore,
  'wake-ups': checkWakeups,
  transports: checkTransports,
};

/** `resonate doctor`: checks that a server with this configuration can run. The exit code is 1 if a check fails. */
export async function handler(argv: ConfigurationArguments): Promise<void> {
  const { config } = configurationOf(argv);
  const findings: Finding[] = [{ check: 'configuration', status: 'ok', detail: `for resonate ${argv.for}` }];
  const progress = new Progress();
  for (const [name, check] of Object.entries(CHECKS)) {
    progress.say(`checking ${name}`);
    findings.push(...(await check(config, argv.for)));
  }
  progress.done();
  show({ checks: findings }, argv, ({ checks }) => ({
    columns: ['CHECK', 'STATUS', 'DETAIL'],
    rows: checks.map(({ check, status, detail }) => [check, status, detail]),
    isWide: true,
  }));
  if (findings.some(({ status }) => status === 'failed')) process.exitCode = 1;
}
