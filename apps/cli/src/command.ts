import type { Argv } from 'yargs';

/** The exports of a command's file: its options, and its action (absent if it has subcommands). */
export interface Command {
  builder(command: Argv): unknown;
  handler?(argv: object): Promise<void>;
}

export interface CommandEntry {
  /** Its name, then its aliases. */
  names: readonly [string, ...string[]];
  /** Its arguments, in the notation of yargs. */
  positionals?: string;
  describe: string;
  /** Shown in its help: a command line, and what it does. */
  examples: readonly (readonly [line: string, what: string])[];
  /** True for servers: they continue to run when the reader of their output ends. Other commands end with it. */
  outlivesReader?: true;
  /** Loads the command's file. */
  load(): Promise<Command>;
}
