import { printable } from './client/output.ts';

/** Exit codes: a wrong command line or configuration; something that did not work. */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

/** For an option nobody knows: what was meant, as the rest of a sentence. */
let meant: (unknown: string) => string = () => ' (see --help)';

/** A command says how it finds out what was meant. */
export function suggestWith(suggest: typeof meant): void {
  meant = suggest;
}

/** Says what is wrong in one line and ends the process. @param message of yargs: the command line is wrong. */
export function complain(message: string | null, error?: Error): never {
  process.stderr.write(`resonate: ${message ? plain(message) : oneLine(error)}\n`);
  process.exit(message || error?.name === 'ConfigError' ? EXIT_USAGE : EXIT_FAILED);
}

/** yargs knows what it does not know, but not what was meant. */
function plain(message: string): string {
  if (message.startsWith('Not enough non-option arguments')) return 'an argument is missing (see --help)';
  const unknown = /^Unknown arguments?: (\S+)$/.exec(message)?.[1];
  // What was typed without dashes is no misspelt option.
  if (unknown === undefined || process.argv.includes(unknown)) return lineOf(message);
  return `unknown option --${unknown}${meant(unknown)}`;
}

function oneLine(error: Error | undefined): string {
  return lineOf(error?.message || 'it failed and did not say why');
}

/** yargs breaks some of its sentences; a server's own words may hold anything. */
function lineOf(text: string): string {
  return printable(
    text
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .join(' '),
  );
}
