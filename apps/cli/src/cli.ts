import { didYouMean, serverFlags } from '@resonate/config';
import yargs, { type Argv } from 'yargs';
import { SERVER_COMMANDS, type ServerCommand } from './server-commands.ts';
import packageJson from '../../../package.json' with { type: 'json' };

/** Exit codes: a wrong argument; something that did not work. */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

/** The `resonate` command. Commands load what they need when they run, so that `--help` is quick. */
export async function run(args: string[]): Promise<void> {
  const cli = yargs(args)
    .scriptName('resonate')
    .usage('$0 <command>\n\nA durable promise server: run it, or talk to one.');
  for (const [command, { describe }] of Object.entries(SERVER_COMMANDS)) {
    cli.command(command, describe, serverOptions, (argv) => runServer(command as ServerCommand, argv));
  }
  cli.command('cluster', 'Show the processes of a cluster', clientOptions, showCluster);
  await cli
    .demandCommand(1, 'Which command? (see --help)')
    .parserConfiguration({ 'camel-case-expansion': false })
    .strict()
    .recommendCommands()
    .version(packageJson.version)
    .help()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .fail((message, error) => {
      process.stderr.write(`resonate: ${message ? suggest(message) : error.message}\n`);
      process.exit(message ? EXIT_USAGE : EXIT_FAILED);
    })
    .parseAsync();
}

async function runServer(command: ServerCommand, flags: Readonly<Record<string, unknown>>): Promise<void> {
  const server = await import('./serve.ts');
  await server.runServer(command, flags);
}

function clientOptions(command: Argv) {
  return command.options({
    server: {
      alias: 'S',
      type: 'string',
      describe: 'URL of the server',
      default: process.env['RESONATE_SERVER'] ?? 'http://localhost:8001',
    },
    token: { alias: 'T', type: 'string', describe: 'Token for the server', default: process.env['RESONATE_TOKEN'] },
  });
}

async function showCluster(argv: { server: string; token: string | undefined }): Promise<void> {
  const client = await import('./client/cluster.ts');
  await client.showCluster(argv);
}

function serverOptions(command: Argv): Argv {
  return command.options(serverFlags());
}

/** yargs knows what it does not know, but not what was meant. */
function suggest(message: string): string {
  const unknown = /^Unknown arguments?: (\S+)$/.exec(message)?.[1];
  // What was typed without dashes is no misspelt option.
  if (unknown === undefined || process.argv.includes(unknown)) return message;
  return `unknown option --${unknown}${didYouMean(unknown, Object.keys(serverFlags()))}`;
}
