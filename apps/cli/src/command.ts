import type { Argv } from 'yargs';

/** What a command's file exports: its options and its action (none if a subcommand follows). */
export interface Command {
  builder(command: Argv): unknown;
  handler?(argv: object): Promise<void>;
}

export interface CommandEntry {
  /** Its name, its aliases, and its arguments in the notation of yargs. */
  names: readonly [string, ...string[]];
  positionals?: string;
  describe: string;
  /** Shown in its help: a command line, and what it does. */
  examples: readonly (readonly [line: string, what: string])[];
  /** True for servers: they continue when the reader of their output ends. Other commands end then. */
  outlivesReader?: true;
  /** Loads the command's file. */
  load(): Promise<Command>;
}
