import { maskUrls } from '@resonate/config/mask';
import type { Argv } from 'yargs';
import { printable } from './client/output.ts';

/** Exit codes: EXIT_USAGE for a wrong command line or configuration, EXIT_FAILED for everything else. */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

export const COMMAND_MISSING = 'missing command (resonate --help lists them)';
/** The error if a group of commands such as `promises` has no subcommand. */
export const SUBCOMMAND_MISSING = 'Missing required subcommand';

/** Returns the end of an error message that suggests an option for a misspelt one. */
let suggestion: (unknown: string) => string = () => ' (see --help)';

/** Sets the function that finds the suggestion. */
export function suggestWith(suggest: typeof suggestion): void {
  suggestion = suggest;
}

let isEnding = false;

/**
 * Prints the error in one line and ends the process. For a group of commands without a subcommand it prints the group's
 * help. Passwords in URLs are masked, because the message may repeat an argument, and it may end up in a log.
 * @param message from yargs if the command line is wrong; otherwise null. @param cli the command that was parsed
 */
export function exitWithError(message: string | null, error?: Error, cli?: Argv): void {
  // yargs passes an error of a command to `fail`, and then throws it.
  if (isEnding) return;
  isEnding = true;
  if (message === SUBCOMMAND_MISSING) process.stderr.write(helpOf(cli));
  else process.stderr.write(`resonate: ${maskUrls(message ? plain(message, cli) : oneLine(error))}\n`);
  exitAfterOutput(message || error?.name === 'ConfigError' ? EXIT_USAGE : EXIT_FAILED);
}

/** How long to wait for a reader that does not read. */
const READ_WITHIN_MS = 60_000;

/** Ends the process when the reader of a pipe has got what was written to it: `process.exit` would cut it off. */
function exitAfterOutput(code: number): void {
  const { stdout } = process;
  process.exitCode = code;
  if (stdout.writableLength === 0 || stdout.errored) process.exit();
  stdout.write('', () => process.exit());
  setTimeout(() => process.exit(), READ_WITHIN_MS);
}

const INVALID_CHOICE = /^Invalid values:\s+Argument: (\S+), Given: (.+), Choices: (.+)$/m;

/** Rewrites messages of yargs, which do not name missing arguments and do not suggest options. */
function plain(message: string, cli: Argv | undefined): string {
  const typed = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  if (typed !== undefined) return missingArguments(Number(typed), cli);
  const options = /^Missing required arguments?: (.+)$/m.exec(message)?.[1]?.split(', ');
  if (options) return `missing ${plural(options, 'option')} ${options.map((name) => `--${name}`).join(', ')}`;
  const [, name = '', given = '', allowed = ''] = INVALID_CHOICE.exec(message) ?? [];
  if (name !== '') return `--${name} must be one of ${allowed.replaceAll('"', '')}, not ${given}`;
  const unknown = /^Unknown arguments?: (\S+)$/.exec(message)?.[1];
  // A word without dashes is not a misspelt option.
  if (unknown === undefined || process.argv.includes(unknown)) return lineOf(message);
  return `unknown option --${unknown}${suggestion(unknown)}`;
}

/** @param given how many arguments were typed */
function missingArguments(given: number, cli: Argv | undefined): string {
  const usage = helpOf(cli).split('\n')[0] ?? '';
  const missing = (usage.match(/<[^>]+>/g) ?? []).slice(given);
  return missing.length === 0
    ? 'missing argument (see --help)'
    : `missing ${plural(missing, 'argument')} ${missing.join(', ')}; usage: ${usage}`;
}

function plural(items: readonly unknown[], noun: string): string {
  return items.length === 1 ? noun : `${noun}s`;
}

function helpOf(cli: Argv | undefined): string {
  let text = '';
  cli?.showHelp((help) => (text = `${help}\n`));
  return text;
}

function oneLine(error: Error | undefined): string {
  return lineOf(error?.message || 'the command failed without an error message');
}

/** Makes one printable line of a text. yargs wraps some messages, and a server's message may contain any characters. */
function lineOf(text: string): string {
  return printable(
    text
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .join(' '),
  );
}
