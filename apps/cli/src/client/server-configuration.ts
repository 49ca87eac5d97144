/** For commands about a server's configuration. They accept the server's options. */
import { didYouMean, loadConfig, type LoadedConfig } from '@resonate/config';
import type { Argv } from 'yargs';
import { suggestWith } from '../exit-with-error.ts';
import { shownFlags, withNoteOnOthers } from '../shown-options.ts';
import { choiceOption, OUTPUT } from './arguments.ts';
import type { OutputOptions } from './output.ts';

const SERVERS = ['serve', 'dev', 'api', 'scheduler', 'dispatcher'];

export type ConfigurationArguments = OutputOptions & { for: string };

/** The server's options, `--for` and `--output`. @param name of the command */
export function configurationOptions(command: Argv, name: string): Argv<ConfigurationArguments> {
  const flags = shownFlags(name);
  suggestWith((unknown) => didYouMean(unknown, [...Object.keys(flags), 'for', 'output']));
  command.options(flags);
  return withNoteOnOthers(command, name)
    .option('for', {
      ...choiceOption(SERVERS, 'The server command that the configuration is for'),
      default: 'serve',
    })
    .option('output', OUTPUT);
}

/** The configuration that a server would have if it were started here with these options. @throws ConfigError */
export function configurationOf(argv: ConfigurationArguments): LoadedConfig {
  return loadConfig({ cwd: process.cwd(), env: process.env, flags: { ...argv }, command: argv.for });
}
