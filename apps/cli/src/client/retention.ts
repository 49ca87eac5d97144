import { maskUrls } from '@resonate/config';
import { retentionRules } from '@resonate/maintenance/rules';
import { storageTarget } from '@resonate/process';
import { countRemovable } from '@resonate/store';
import type { Argv } from 'yargs';
import { ClientError } from './http.ts';
import { show } from './output.ts';
import { Progress } from './progress.ts';
import { configurationOf, configurationOptions, type ConfigurationArguments } from './server-configuration.ts';

type RetentionArguments = ConfigurationArguments & { 'dry-run': boolean };

export function builder(command: Argv): Argv<RetentionArguments> {
  return configurationOptions(command, 'retention').option('dry-run', {
    type: 'boolean',
    demandOption: true,
    describe: 'Only count (required); only the elected scheduler of the cluster deletes',
  });
}

/** `resonate retention --dry-run`: counts what a server with these options would delete from its database now. */
export async function handler(argv: RetentionArguments): Promise<void> {
  if (!argv['dry-run']) throw new ClientError('add --dry-run: this command only counts; the elected scheduler deletes');
  const { config } = configurationOf(argv);
  const target = storageTarget(config);
  if (target.type === 'sqlite' && target.path === ':memory:') {
    throw new ClientError('nothing to count: this configuration keeps everything in memory');
  }
  const progress = new Progress();
  try {
    const { graphs, promises, kept } = await countRemovable(target, retentionRules(config), (soFar) =>
      progress.say(`${soFar.promises} promises so far`),
    );
    progress.done();
    show({ graphs, promises, kept }, argv, () => ({
      columns: ['CALL GRAPHS', 'PROMISES', 'WHAT'],
      rows: [
        [graphs, promises, 'would be deleted'],
        ...Object.entries(kept).map(([reason, count]) => [count, '', `old, but kept: ${reason}`]),
      ],
    }));
  } catch (error) {
    progress.done();
    throw new ClientError(maskUrls((error as Error).message));
  }
}
