import { createRequire } from 'node:module';
import type yargsModule from 'yargs';
import type { Argv } from 'yargs';
import { COMMANDS } from './commands.ts';
import { COMMAND_MISSING, exitWithError } from './exit-with-error.ts';
import packageJson from '../../../package.json' with { type: 'json' };

/** The CommonJS build, because the ES module build breaks the lines of help texts within words. */
const yargs = createRequire(import.meta.url)('yargs') as typeof yargsModule;

/** The `resonate` command. A command loads its code only when it runs, so that `--help` is fast. */
export async function run(args: string[]): Promise<void> {
  process.stdout.on('error', outputFailed);
  // A closed stderr must not end a command that is at work, such as an import.
  process.stderr.on('error', () => {});
  const cli = await commandLine(args);
  cli.fail(exitWithError);
  try {
    await cli.parseAsync();
  } catch (error) {
    // yargs passes rejections of a command to `fail`, but not errors that it throws synchronously.
    exitWithError(null, error as Error);
  }
}

/** Creates the parser for `typed`, with the options of the commands that it mentions. Parses nothing yet. */
export async function commandLine(typed: string[]): Promise<Argv> {
  const args = withoutShortcuts(typed);
  const cli = yargs(args)
    .scriptName('resonate')
    .usage(
      '$0 <command>\n\nRuns a durable promise server, or sends requests to one. `$0 help COMMAND` explains a command.',
    );
  const mentioned = new Set(args);
  for (const { names, positionals = '', describe, examples, outlivesReader, load } of COMMANDS) {
    const command = names.some((name) => mentioned.has(name)) ? await load() : null;
    const [name, ...aliases] = names;
    cli.command(
      [`${name} ${positionals}`.trim(), ...aliases],
      describe,
      (options: Argv) => {
        command?.builder(options);
        for (const [line, what] of examples) options.example(line, what);
        return options;
      },
      async (argv) => {
        if (outlivesReader) process.stdout.off('error', outputFailed);
        await command?.handler?.(argv);
      },
    );
  }
  return (
    cli
      // Always English, because scripts and `exitWithError` read these errors.
      .detectLocale(false)
      .demandCommand(1, COMMAND_MISSING)
      .parserConfiguration({ 'camel-case-expansion': false, 'greedy-arrays': false })
      .strict()
      .middleware(unmark)
      .recommendCommands()
      .version(packageJson.version)
      .help()
      .describe({ version: 'Show the version (also -V)', help: 'Show help (also: help COMMAND)' })
      .alias('help', 'h')
      .wrap(Math.min(120, process.stdout.columns || 100))
  );
}

/**
 * Rewrites `-V`, `help COMMAND` and `--` for yargs. `-V` is not an alias of yargs' `--version`, because `invoke` and
 * `tasks` have a `--version` of their own.
 */
export function withoutShortcuts(typed: string[]): string[] {
  const [first, ...others] = withoutDoubleDash(typed);
  if (first === undefined) return [];
  if (first === '-V') return ['--version', ...others];
  return first === 'help' ? [...others, '--help'] : [first, ...others];
}

/** Marks a word that is not an option. The arguments of a program cannot contain it. */
const MARK = '\0';

/**
 * Removes `--` and marks the words after it that begin with a dash: they are arguments, such as an id. yargs itself would
 * not pass them to the command.
 */
function withoutDoubleDash(args: string[]): string[] {
  const at = args.indexOf('--');
  if (at < 0 || args[0] === '--get-yargs-completions') return args;
  return [...args.slice(0, at), ...args.slice(at + 1).map((word) => (word.startsWith('-') ? MARK + word : word))];
}

function unmark(argv: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(argv)) {
    if (typeof value === 'string' && value.startsWith(MARK)) argv[name] = value.slice(MARK.length);
  }
}

/**
 * It is not an error if the reader ends, as in `resonate … | head`. A full disk is an error, because the output is
 * incomplete.
 */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  exitWithError(null, error);
}
