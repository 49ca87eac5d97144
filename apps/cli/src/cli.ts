import yargs, { type Argv } from 'yargs';
import { COMMANDS } from './commands.ts';
import { complain } from './complain.ts';
import packageJson from '../../../package.json' with { type: 'json' };

/** The `resonate` command. Commands load what they need when they run, so that `--help` is quick. */
export async function run(args: string[]): Promise<void> {
  process.stdout.on('error', readerGone);
  const cli = await commandLine(args);
  cli.fail(complain);
  try {
    await cli.parseAsync();
  } catch (error) {
    // yargs passes what a command rejects with to `fail`, but not what it throws at once.
    complain(null, error as Error);
  }
}

/** The commands and options that `args` may be; nothing is parsed yet. */
export async function commandLine(args: string[]): Promise<Argv> {
  const cli = yargs(args)
    .scriptName('resonate')
    .usage('$0 <command>\n\nA durable promise server: run it, or talk to one.');
  const mentioned = new Set(args);
  for (const { names, positionals = '', describe, outlivesReader, load } of COMMANDS) {
    const command = names.some((name) => mentioned.has(name)) ? await load() : null;
    const [name, ...aliases] = names;
    cli.command(
      [`${name} ${positionals}`.trim(), ...aliases],
      describe,
      (options: Argv) => {
        command?.builder(options);
        return options;
      },
      async (argv) => {
        if (outlivesReader) process.stdout.off('error', readerGone);
        await command?.handler?.(argv);
      },
    );
  }
  return (
    cli
      // Errors are told in one language: scripts and `complain` read them.
      .detectLocale(false)
      .completion('completion', 'Print a script that completes commands and options in bash or zsh')
      .demandCommand(1, 'Which command? (see --help)')
      .parserConfiguration({ 'camel-case-expansion': false, 'greedy-arrays': false })
      .strict()
      .recommendCommands()
      .version(packageJson.version)
      .help()
      .alias('help', 'h')
      .wrap(Math.min(120, process.stdout.columns || 100))
  );
}

/** `resonate … | head` is no failure. */
function readerGone(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
