import type { TaskRecord } from '@resonate/protocol';
import type { Argv } from 'yargs';
import { answer, fieldTable } from './answer.ts';
import { clientOptions, durationMs, fromNow, jsonOf, textOption, type ClientArguments } from './arguments.ts';
import { ClientError, request } from './http.ts';
import { idCommand } from './id-command.ts';
import { show, span, type Table } from './output.ts';
import { pageOptions, search, type Search } from './search.ts';

const ID = { type: 'string', describe: "The task's id, which is its promise's", demandOption: true } as const;
const VERSION = { type: 'number', requiresArg: true, describe: "The task's version", demandOption: true } as const;
const PID = { ...textOption('Who holds the task: any name of its own'), demandOption: true } as const;
const TTL = { ...textOption('How long the lease is without a heartbeat: 15s, 1m'), demandOption: true } as const;

/** `resonate tasks …` */
export function builder(tasks: Argv): unknown {
  const command = clientOptions(tasks);
  holding(command);
  working(command);
  return command
    .command(
      'search',
      'List tasks, in order of id',
      (options) =>
        pageOptions(options.option('state', textOption('pending, acquired, suspended, halted or fulfilled')), TASKS),
      (argv) => search(TASKS, { state: argv.state }, argv),
    )
    .demandCommand(1, 'What of tasks? (see resonate tasks --help)');
}

type Tasks = Argv<ClientArguments>;

/** Commands that find, take and give back a task. */
function holding(command: Tasks): void {
  command
    .command(idCommand('get', 'Show a task', 'task.get', ID))
    .command('create <id>', 'Create a promise with its task, acquired already', createOptions, (argv) => {
      const { id, pid, ttl, timeout, param, tags } = argv;
      const data = {
        id,
        timeoutAt: fromNow(timeout, '--timeout'),
        param: jsonOf(param, '--param'),
        tags: jsonOf(tags, '--tags'),
      };
      const action = { kind: 'promise.create', head: {}, data };
      return answer('task.create', { pid, ttl: durationMs(ttl, '--ttl'), action }, argv);
    })
    .command(
      'claim <id>',
      'Acquire a pending task',
      (options) => versioned(options).options({ pid: PID, ttl: TTL }),
      ({ id, version, pid, ttl, ...options }) =>
        answer('task.acquire', { id, version, pid, ttl: durationMs(ttl, '--ttl') }, options),
    )
    .command(
      'heartbeat',
      'Keep the leases of tasks',
      (options) =>
        options.options({
          pid: PID,
          tasks: { ...textOption('The tasks: \'[{"id": …, "version": …}]\''), demandOption: true },
        }),
      ({ pid, tasks, ...options }) => answer('task.heartbeat', { pid, tasks: jsonOf(tasks, '--tasks') }, options),
    )
    .command('release <id>', 'Give a task back', versioned, ({ id, version, ...options }) =>
      answer('task.release', { id, version }, options),
    );
}

/** Commands that do something under a task's lease, and those that stop and start it. */
function working(command: Tasks): void {
  const withAction = (options: Argv<ClientArguments>) =>
    versioned(options).option('action', {
      ...textOption('The action: \'{"kind": …, "data": …}\''),
      demandOption: true,
    });
  command
    .command(
      'fence <id>',
      'Create or settle another promise while this task is held',
      withAction,
      ({ id, version, action, ...options }) =>
        answer('task.fence', { id, version, action: jsonOf(action, '--action') }, options),
    )
    .command(
      'suspend <id>',
      'Let a task wait for promises',
      (options) =>
        versioned(options).option('actions', {
          ...textOption('Callbacks: \'[{"kind": "promise.register_callback", "data": …}]\''),
          demandOption: true,
        }),
      (argv) => suspend(argv),
    )
    .command(
      'complete <id>',
      'Settle the promise of a task, and the task with it',
      withAction,
      ({ id, version, action, ...options }) =>
        answer('task.fulfill', { id, version, action: jsonOf(action, '--action') }, options),
    )
    .command(idCommand('halt', 'Stop a task until it is continued', 'task.halt', ID))
    .command(idCommand('continue', 'Continue a halted task', 'task.continue', ID));
}

/** An id and a version; the latter takes the place of the program's own `--version`. */
function versioned(options: Argv<ClientArguments>) {
  return options.version(false).positional('id', ID).option('version', VERSION);
}

function createOptions(options: Argv<ClientArguments>) {
  return options.positional('id', ID).options({
    pid: PID,
    ttl: TTL,
    timeout: { ...textOption('How long the promise may stay pending: 1h'), demandOption: true },
    param: textOption("The promise's param, sent as it is"),
    tags: textOption('The promise\'s tags, resonate:target among them: \'{"name": "value"}\''),
  });
}

type Suspension = ClientArguments & { id: string; version: number; actions: string };

/** Not suspended is a failure for scripts: the task is still held and has to go on. */
async function suspend({ id, version, actions, ...options }: Suspension): Promise<void> {
  const { status, data } = await request(
    'task.suspend',
    { id, version, actions: jsonOf(actions, '--actions') },
    options,
  );
  show(data, options, fieldTable);
  if (status === 300) throw new ClientError('not suspended: an awaited promise is settled already (300)');
}

const TASKS: Search<TaskRecord> = { kind: 'task.search', list: 'tasks', pageSize: 100, table: taskTable };

function taskTable(tasks: readonly TaskRecord[]): Table {
  return {
    columns: ['ID', 'STATE', 'VERSION', 'RESUMES', 'HELD BY', 'LEASE'],
    rows: tasks.map(({ id, state, version, resumes, pid, ttl }) => [
      ...[id, state, version, resumes, pid],
      ttl === undefined ? '' : span(ttl),
    ]),
  };
}
