import { storageTarget } from '@resonate/runtime';
import { inspectStore, openDialect } from '@resonate/store';
import { ClientError } from './http.ts';
import { show } from './output.ts';
import { configurationOf, configurationOptions, type ConfigurationArguments } from './server-configuration.ts';

export const builder = configurationOptions;

/** `resonate migrate`: brings the database's schema up to date, as the first server to start would, and ends. */
export async function handler(argv: ConfigurationArguments): Promise<void> {
  const target = storageTarget(configurationOf(argv).config);
  if (target.type === 'sqlite' && target.path === ':memory:') {
    throw new ClientError('there is nothing to migrate: this configuration keeps everything in memory');
  }
  const { schemaVersion: before, knownVersion: after } = await inspectStore(target, Date.now);
  const dialect = await openDialect(target, Date.now);
  await dialect.close();
  show({ database: target.type, before, after }, argv, () => ({
    columns: ['DATABASE', 'BEFORE', 'NOW'],
    rows: [[target.type, before ?? 'empty', after]],
  }));
}
