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
  load(): Promise<Command>;
}

const server = (name: 'serve' | 'dev' | 'api' | 'scheduler' | 'dispatcher', describe: string): CommandEntry => ({
  names: [name],
  describe,
  load: async () => (await import('./serve.ts')).serverCommand(name),
});

/** Every command of `resonate`. A file loads only when its command is named: all of them take seconds on a slow machine. */
export const COMMANDS: readonly CommandEntry[] = [
  server('serve', 'Start a server with all roles; its promises are in resonate.db'),
  server('dev', 'Start a server with all roles, in memory'),
  server('api', 'Start an api process of a cluster: HTTP, event streams, health'),
  server('scheduler', 'Start a scheduler process of a cluster: timeouts, leases, cron'),
  server('dispatcher', 'Start a dispatcher process of a cluster: delivers messages'),
  {
    names: ['cluster'],
    describe: 'Show the processes of a cluster',
    load: () => import('./client/cluster.ts'),
  },
];
