import type { Argv } from 'yargs';

/** What a command's file exports: its options, and what it does (absent where a subcommand follows). */
export interface Command {
  builder(command: Argv): unknown;
  handler?(argv: object): Promise<void>;
}

export interface CommandEntry {
  /** Its name, further names, and its arguments as yargs writes them. */
  names: readonly [string, ...string[]];
  positionals?: string;
  describe: string;
  /** A server: it goes on when whoever reads its output goes away. Other commands end then. */
  outlivesReader?: true;
  /** Loads the command's file. */
  load(): Promise<Command>;
}
