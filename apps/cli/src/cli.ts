import { didYouMean, serverFlags } from '@resonate/config';
import yargs, { type Argv } from 'yargs';
import { SERVER_COMMANDS, type ServerCommand } from './server-commands.ts';
import packageJson from '../../../package.json' with { type: 'json' };

/** Exit code of a wrong argument. */
const EXIT_USAGE = 2;

/** The `resonate` command. Commands load what they need when they run, so that `--help` is quick. */
export async function run(args: string[]): Promise<void> {
  const cli = yargs(args)
    .scriptName('resonate')
    .usage('$0 <command>\n\nA durable promise server: run it, or talk to one.');
  for (const [command, { describe }] of Object.entries(SERVER_COMMANDS)) {
    cli.command(command, describe, serverOptions, (argv) => runServer(command as ServerCommand, argv));
  }
  await cli
    .demandCommand(1, 'Which command? (see --help)')
    .parserConfiguration({ 'camel-case-expansion': false })
    .strict()
    .recommendCommands()
    .version(packageJson.version)
    .help()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .fail((message, error) => {
      process.stderr.write(`resonate: ${suggest(message || error.message)}\n`);
      process.exit(EXIT_USAGE);
    })
    .parseAsync();
}

async function runServer(command: ServerCommand, flags: Readonly<Record<string, unknown>>): Promise<void> {
  const server = await import('./serve.ts');
  await server.runServer(command, flags);
}

function serverOptions(command: Argv): Argv {
  return command.options(serverFlags());
}

/** yargs knows what it does not know, but not what was meant. */
function suggest(message: string): string {
  const unknown = /^Unknown arguments?: (\S+)$/.exec(message)?.[1];
  if (unknown === undefined) return message;
  return `unknown option --${unknown}${didYouMean(unknown, Object.keys(serverFlags()))}`;
}
