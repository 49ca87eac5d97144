import type { CommandEntry } from './command.ts';

const server = (name: 'serve' | 'dev' | 'api' | 'scheduler' | 'dispatcher', describe: string): CommandEntry => ({
  names: [name],
  describe,
  outlivesReader: true,
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
    names: ['promises', 'promise'],
    describe: 'Create, settle and find promises',
    load: () => import('./client/promises.ts'),
  },
  {
    names: ['tasks', 'task'],
    describe: 'Take, keep and finish tasks, find them, stop and continue them',
    load: () => import('./client/tasks.ts'),
  },
  {
    names: ['schedules', 'schedule'],
    describe: 'Create, find, run, pause and delete schedules',
    load: () => import('./client/schedules.ts'),
  },
  {
    names: ['dead-letters'],
    describe: 'What could not be delivered: list it, send it again, forget it',
    load: () => import('./client/dead-letters.ts'),
  },
  {
    names: ['invoke'],
    positionals: '<id>',
    describe: 'Call a function of a worker',
    load: () => import('./client/invoke.ts'),
  },
  {
    names: ['tree'],
    positionals: '<id>',
    describe: 'Show what a call has called',
    load: () => import('./client/tree.ts'),
  },
  {
    names: ['mcp'],
    describe: 'Serve the Model Context Protocol over standard input and output',
    load: () => import('./client/mcp.ts'),
  },
  {
    names: ['cluster'],
    describe: 'Show the processes of a cluster',
    load: () => import('./client/cluster.ts'),
  },
  {
    names: ['jobs'],
    describe: 'Show what maintenance did last',
    load: () => import('./client/jobs.ts'),
  },
  {
    names: ['migrate'],
    describe: "Bring the database's schema up to date and end",
    load: () => import('./client/migrate.ts'),
  },
  {
    names: ['retention'],
    describe: 'Count what retention would delete',
    load: () => import('./client/retention.ts'),
  },
  {
    names: ['config'],
    describe: "Show the server's options, their values and where those come from",
    load: () => import('./client/config.ts'),
  },
  {
    names: ['import'],
    describe: 'Take over the promises and schedules of another server',
    load: () => import('./client/import.ts'),
  },
  {
    names: ['doctor'],
    describe: 'Check whether a server would find what it needs',
    load: () => import('./client/doctor.ts'),
  },
];
