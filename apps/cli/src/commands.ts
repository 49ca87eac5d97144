import type { CommandEntry } from './command.ts';

type ServerName = 'serve' | 'dev' | 'api' | 'scheduler' | 'dispatcher';

function server(name: ServerName, describe: string, examples: CommandEntry['examples']): CommandEntry {
  const load = async () => (await import('./serve.ts')).serverCommand(name);
  return { names: [name], describe, examples, outlivesReader: true, load };
}

const POSTGRES = '--storage-type postgres --storage-postgres-url postgres://user:password@localhost/resonate';

/**
 * Every command of `resonate`. A file is loaded only when its command is used, because loading all files takes seconds
 * on a slow machine.
 */
export const COMMANDS: readonly CommandEntry[] = [
  server('serve', 'Start a server with all roles; it stores its data in resonate.db', [
    ['resonate serve', 'Store everything in resonate.db in this directory'],
    [`resonate serve ${POSTGRES}`, 'Store everything in Postgres'],
  ]),
  server('dev', 'Start a server with all roles that keeps everything in memory', [
    ['resonate dev', 'The API on port 8001, the dashboard at http://localhost:8001/ui'],
  ]),
  server('api', 'Start an api process of a cluster: HTTP, event streams, health', [
    [`resonate api ${POSTGRES}`, 'One of any number of api processes'],
  ]),
  server('scheduler', 'Start a scheduler process of a cluster: timeouts, leases, cron', [
    [`resonate scheduler ${POSTGRES}`, 'It becomes the leader, or a standby if there is a leader'],
  ]),
  server('dispatcher', 'Start a dispatcher process of a cluster: message delivery', [
    [
      `resonate dispatcher --server-url http://resonate.example.com ${POSTGRES}`,
      'One of any number of dispatchers; workers call this URL',
    ],
  ]),
  {
    names: ['promises', 'promise'],
    describe: 'Create, settle and search promises',
    examples: [
      ['resonate promises get order-1', 'Show a promise'],
      ['resonate promises search --state pending', 'List pending promises'],
      ['resonate promises search --func processOrder --state rejected', 'List calls of a function that failed'],
      [`resonate promises resolve approval-1 --data true`, 'Settle a promise with a value'],
    ],
    load: () => import('./client/promises.ts'),
  },
  {
    names: ['tasks', 'task'],
    describe: 'Acquire, complete, halt, continue and search tasks',
    examples: [
      ['resonate tasks search --state pending', 'List tasks that wait for a worker'],
      ['resonate tasks halt order-1', 'Stop the work on a promise'],
    ],
    load: () => import('./client/tasks.ts'),
  },
  {
    names: ['schedules', 'schedule'],
    describe: 'Create, pause, trigger, delete and search schedules',
    examples: [
      [
        `resonate schedules create nightly --cron '30 2 * * *' --timezone Europe/Berlin --promise-id '{{.id}}.{{.timestamp}}' --promise-timeout 1h`,
        'Create a promise every night',
      ],
      ['resonate schedules preview nightly', 'Show the next runs'],
    ],
    load: () => import('./client/schedules.ts'),
  },
  {
    names: ['dead-letters'],
    describe: 'List, resend and drop messages that could not be delivered',
    examples: [
      ['resonate dead-letters list', 'List them, oldest first'],
      ['resonate dead-letters redrive --all', 'Send all of them again'],
    ],
    load: () => import('./client/dead-letters.ts'),
  },
  {
    names: ['invoke'],
    positionals: '<id>',
    describe: 'Call a function of a worker',
    examples: [
      ['resonate invoke countdown-1 -f countdown --arg 3', 'Start the call and print its promise'],
      ['resonate invoke countdown-1 -f countdown --arg 3 --wait', 'Print its result'],
    ],
    load: () => import('./client/invoke.ts'),
  },
  {
    names: ['tree'],
    positionals: '<id>',
    describe: 'Show the call graph of a promise as a tree',
    examples: [['resonate tree order-1 --watch', 'Print the tree again whenever it changes']],
    load: () => import('./client/tree.ts'),
  },
  {
    names: ['mcp'],
    describe: 'Serve the Model Context Protocol over standard input and output',
    examples: [['resonate mcp --server http://localhost:8001', 'The MCP client runs this command']],
    load: () => import('./client/mcp.ts'),
  },
  {
    names: ['cluster'],
    describe: 'List the processes of a cluster',
    examples: [['resonate cluster', 'Show roles, versions, heartbeats and the leader']],
    load: () => import('./client/cluster.ts'),
  },
  {
    names: ['jobs'],
    describe: 'Show the last run of each maintenance job',
    examples: [['resonate jobs', 'Show state, duration, result and error']],
    load: () => import('./client/jobs.ts'),
  },
  {
    names: ['migrate'],
    describe: "Update the database's schema and exit",
    examples: [[`resonate migrate ${POSTGRES}`, 'Run this before the new version starts']],
    load: () => import('./client/migrate.ts'),
  },
  {
    names: ['retention'],
    describe: 'Count what retention would delete',
    examples: [['resonate retention --dry-run --retention-after 30d', 'Count with a period of 30 days']],
    load: () => import('./client/retention.ts'),
  },
  {
    names: ['config'],
    describe: "Show the server's options, their values and where they are set",
    examples: [['resonate config --for api', 'The options that `resonate api` would use here']],
    load: () => import('./client/config.ts'),
  },
  {
    names: ['import'],
    describe: 'Copy the promises and schedules of another server',
    examples: [
      ['resonate import --from http://localhost:8001 --server http://localhost:8002', 'From a running server'],
      ['resonate import --from promises.json --from tasks.json', 'From the output of search --all'],
    ],
    load: () => import('./client/import.ts'),
  },
  {
    names: ['doctor'],
    describe: 'Check the configuration, the database and everything else a server needs',
    examples: [['resonate doctor', 'Check, without changing anything']],
    load: () => import('./client/doctor.ts'),
  },
  {
    names: ['completion'],
    positionals: '[shell]',
    describe: 'Print a script that makes bash, zsh or fish complete commands, options and values',
    examples: [
      ['resonate completion bash >> ~/.bashrc', 'Complete in new bash shells'],
      ['resonate completion zsh >> ~/.zshrc', 'Complete in new zsh shells'],
      ['resonate completion fish > ~/.config/fish/completions/resonate.fish', 'Complete in new fish shells'],
    ],
    load: () => import('./completion.ts'),
  },
];
