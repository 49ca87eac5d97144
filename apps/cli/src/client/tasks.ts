import { span } from '@resonate/admin/words';
import type { TaskRecord } from '@resonate/protocol';
import { TASK_STATES } from '@resonate/protocol/records';
import type { Argv } from 'yargs';
import { SUBCOMMAND_MISSING } from '../exit-with-error.ts';
import { answer, fieldTable } from './answer.ts';
import {
  choiceOption,
  clientOptions,
  durationMs,
  fromNow,
  jsonOf,
  textOption,
  type ClientArguments,
} from './arguments.ts';
import { call, ClientError, getAdmin, postAdmin, request } from './http.ts';
import { idCommand } from './id-command.ts';
import { instant, show, wantsTable, type Cell, type Table } from './output.ts';
import { pageOptions, search, searchOf, type Search } from './search.ts';

const ID = { type: 'string', describe: "The task's id, the same as its promise's", demandOption: true } as const;
const SAMPLE = { ...ID, sample: 'order-1' };
const VERSION = { type: 'number', requiresArg: true, describe: "The task's version", demandOption: true } as const;
const PID = { ...textOption('Name of the worker that holds the task; must be unique'), demandOption: true } as const;
const TTL = { ...textOption('Duration of the lease, renewed by heartbeats: 15s, 1m'), demandOption: true } as const;

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
        pageOptions(options.option('state', choiceOption(TASK_STATES, 'Only tasks in this state')), TASKS).example(
          'resonate tasks search --state acquired',
          'Tasks that workers hold',
        ),
      (argv) => search(TASKS, { state: argv.state }, argv),
    )
    .demandCommand(1, SUBCOMMAND_MISSING);
}

type Tasks = Argv<ClientArguments>;

/** Commands that show, create, acquire and release a task. */
function holding(command: Tasks): void {
  command
    .command(
      'get <id>',
      'Show a task',
      (options) => options.positional('id', ID).example('resonate tasks get order-1', ''),
      (argv) => showTask(argv),
    )
    .command('create <id>', 'Create a promise and acquire its task', createOptions, (argv) => {
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
      (options) =>
        versioned(options)
          .options({ pid: PID, ttl: TTL })
          .example('resonate tasks claim order-1 --version 1 --pid worker-1 --ttl 1m', ''),
      ({ id, version, pid, ttl, ...options }) =>
        answer('task.acquire', { id, version, pid, ttl: durationMs(ttl, '--ttl') }, options),
    )
    .command(
      'heartbeat',
      'Renew the leases of tasks',
      (options) =>
        options
          .options({
            pid: PID,
            tasks: { ...textOption('The tasks: \'[{"id": …, "version": …}]\''), demandOption: true },
          })
          .example(`resonate tasks heartbeat --pid worker-1 --tasks '[{"id": "order-1", "version": 2}]'`, ''),
      ({ pid, tasks, ...options }) => answer('task.heartbeat', { pid, tasks: jsonOf(tasks, '--tasks') }, options),
    )
    .command(
      'release <id>',
      'Release a task, so that another worker can acquire it',
      (options) => versioned(options).example('resonate tasks release order-1 --version 2', ''),
      ({ id, version, ...options }) => answer('task.release', { id, version }, options),
    );
}

/** Commands for the holder of a task, and those that halt and continue it. */
function working(command: Tasks): void {
  const withAction = (example: string) => (options: Argv<ClientArguments>) =>
    versioned(options)
      .option('action', { ...textOption('The action: \'{"kind": …, "data": …}\''), demandOption: true })
      .example(example, '');
  command
    .command(
      'fence <id>',
      'Create or settle another promise, only while this task is held',
      withAction(
        `resonate tasks fence order-1 --version 2 --action '{"kind": "promise.settle", "head": {}, "data": {"id": "payment-1", "state": "resolved"}}'`,
      ),
      fence,
    )
    .command(
      'suspend <id>',
      'Suspend a task until one of its awaited promises settles',
      (options) =>
        versioned(options)
          .option('actions', {
            ...textOption('Callbacks: \'[{"kind": "promise.register_callback", "data": …}]\''),
            demandOption: true,
          })
          .example(
            `resonate tasks suspend order-1 --version 2 --actions '[{"kind": "promise.register_callback", "head": {}, "data": {"awaited": "payment-1", "awaiter": "order-1"}}]'`,
            '',
          ),
      (argv) => suspend(argv),
    )
    .command(
      'complete <id>',
      'Settle the promise of a task, which completes the task',
      withAction(
        `resonate tasks complete order-1 --version 2 --action '{"kind": "promise.settle", "head": {}, "data": {"id": "order-1", "state": "resolved"}}'`,
      ),
      (argv) => answerAction('task.fulfill', argv),
    )
    .command(idCommand('task', 'halt', 'Halt a task until it is continued', SAMPLE))
    .command(idCommand('task', 'continue', 'Continue a halted task', SAMPLE))
    .command(
      'deliver <id>',
      "Send a pending task's message now instead of at its next attempt",
      (options) => options.positional('id', ID).example('resonate tasks deliver order-1', ''),
      async ({ id, ...options }) => {
        const delivered = await postAdmin('/admin/tasks/:id/deliver', {}, options, { id });
        show(delivered, options, () => fieldTable(delivered));
      },
    );
}

/**
 * Prints the record. A table also shows how often the task was given back without progress, which the protocol's record
 * does not contain.
 */
async function showTask({ id, ...options }: ClientArguments & { id: string }): Promise<void> {
  const record = await call('task.get', { id }, options);
  const more = wantsTable(options) ? await setbackRows(id, options) : [];
  show(record, options, () => {
    const table = fieldTable(record);
    return { ...table, rows: [...table.rows, ...more] };
  });
}

/** Empty if the server has no admin API, or if the token does not permit it. */
async function setbackRows(id: string, options: ClientArguments): Promise<Cell[][]> {
  try {
    const { task } = await getAdmin('/admin/promises/:id', { id }, options);
    if (!task || task.setbacks === 0) return [];
    const rows: Cell[][] = [['given back', `${task.setbacks} times in a row without progress`]];
    if (task.nextDeliveryAt !== undefined) rows.push(['next try', instant(task.nextDeliveryAt)]);
    return rows;
  } catch (error) {
    if (error instanceof ClientError) return [];
    throw error;
  }
}

/** An id and `--version`, which replaces the program's own `--version` here. */
function versioned(options: Argv<ClientArguments>) {
  return options.version(false).positional('id', ID).option('version', VERSION);
}

function createOptions(options: Argv<ClientArguments>) {
  return options
    .positional('id', ID)
    .options({
      pid: PID,
      ttl: TTL,
      timeout: { ...textOption('Time until the promise times out: 1h'), demandOption: true },
      param: textOption("The promise's param, sent unchanged"),
      tags: textOption('The promise\'s tags, with resonate:target: \'{"name": "value"}\''),
    })
    .example(
      `resonate tasks create order-1 --pid worker-1 --ttl 1m --timeout 1h --tags '{"resonate:target": "poll://any@default"}'`,
      '',
    );
}

type Action = ClientArguments & { id: string; version: number; action: string };

function answerAction(kind: string, { id, version, action, ...options }: Action): Promise<void> {
  return answer(kind, { id, version, action: jsonOf(action, '--action') }, options);
}

/** If the action was refused, the command fails, although the answer to the fence itself is 200. */
async function fence({ id, version, action, ...options }: Action): Promise<void> {
  const fenced = { id, version, action: jsonOf(action, '--action') };
  const done = await call<{ action: { head: { status: number }; data: unknown } }>('task.fence', fenced, options);
  show(done, options, fieldTable);
  const { head, data } = done.action;
  if (head.status !== 200) throw new ClientError(`the action was refused: ${String(data)} (${head.status})`);
}

type Suspension = ClientArguments & { id: string; version: number; actions: string };

/** If the task was not suspended, the command fails, so that a script notices that the task is still held. */
async function suspend({ id, version, actions, ...options }: Suspension): Promise<void> {
  const { status, data } = await request(
    'task.suspend',
    { id, version, actions: jsonOf(actions, '--actions') },
    options,
  );
  show(data, options, fieldTable);
  if (status === 300)
    throw new ClientError('not suspended: an awaited promise has already settled, so the task is still held (300)');
}

const TASKS: Search<TaskRecord> = { load: searchOf('task.search'), list: 'tasks', pageSize: 100, table: taskTable };

function taskTable(tasks: readonly TaskRecord[]): Table {
  return {
    columns: ['ID', 'STATE', 'VERSION', 'RESUMES', 'HELD BY', 'LEASE'],
    rows: tasks.map(({ id, state, version, resumes, pid, ttl }) => [
      ...[id, state, version, resumes, pid],
      ttl === undefined ? '' : span(ttl),
    ]),
  };
}
