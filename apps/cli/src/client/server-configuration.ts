/** For commands about a server's configuration. They accept the server's options. */
import { didYouMean, loadConfig, serverFlags, type LoadedConfig } from '@resonate/config';
import type { Argv } from 'yargs';
import { suggestWith } from '../complain.ts';
import type { OutputOptions } from './output.ts';

const SERVERS = ['serve', 'dev', 'api', 'scheduler', 'dispatcher'];

export type ConfigurationArguments = OutputOptions & { for: string };

/** The server's options, `--for` and `--output`. */
export function configurationOptions(command: Argv): Argv<ConfigurationArguments> {
  const flags = serverFlags();
  suggestWith((unknown) => didYouMean(unknown, [...Object.keys(flags), 'for', 'output']));
  command.options(flags);
  return command
    .option('for', {
      choices: SERVERS,
      requiresArg: true,
      default: 'serve',
      describe: 'The server command that the configuration is for',
    })
    .option('output', {
      choices: ['table', 'json'],
      requiresArg: true,
      describe: 'Output format; default: a table on a terminal, JSON into a pipe or file',
    });
}

/** The configuration that a server would have if it were started here with these options. @throws ConfigError */
export function configurationOf(argv: ConfigurationArguments): LoadedConfig {
  return loadConfig({ cwd: process.cwd(), env: process.env, flags: { ...argv }, command: argv.for });
}
