import { storageTarget } from '@resonate/process';
import { inspectStore, openDialect } from '@resonate/store';
import type { Argv } from 'yargs';
import { ClientError } from './http.ts';
import { show } from './output.ts';
import { Progress } from './progress.ts';
import { configurationOf, configurationOptions, type ConfigurationArguments } from './server-configuration.ts';

export const builder = (command: Argv) => configurationOptions(command, 'migrate');

/** `resonate migrate`: updates the database's schema and exits. The first server that starts would do the same. */
export async function handler(argv: ConfigurationArguments): Promise<void> {
  const target = storageTarget(configurationOf(argv).config);
  if (target.type === 'sqlite' && target.path === ':memory:') {
    throw new ClientError('nothing to migrate: this configuration keeps everything in memory');
  }
  const { schemaVersion: before, knownVersion: after } = await inspectStore(target, Date.now);
  const progress = new Progress();
  progress.say(`migrating from version ${before ?? 0} to ${after}`);
  try {
    await (await openDialect(target, Date.now)).close();
  } finally {
    progress.done();
  }
  show({ database: target.type, before, after }, argv, () => ({
    columns: ['DATABASE', 'BEFORE', 'NOW'],
    rows: [[target.type, before ?? 'empty', after]],
  }));
}
