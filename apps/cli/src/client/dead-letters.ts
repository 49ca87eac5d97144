import { setTimeout as pause } from 'node:timers/promises';
import type { DeadLetter, DeadLetters, RedriveOrder } from '@resonate/admin';
import type { Argv } from 'yargs';
import { fieldTable } from './answer.ts';
import { clientOptions, textOption, type ClientArguments } from './arguments.ts';
import { ClientError, get, post } from './http.ts';
import { instant, show, type Table } from './output.ts';
import { Progress } from './progress.ts';

const PATH = '/admin/dead-letters';
const JOB_PATH = '/admin/jobs/redrive';
const LOOK_EVERY_MS = 250;

interface ListArguments extends ClientArguments {
  limit?: number | undefined;
  cursor?: string | undefined;
  transport?: string | undefined;
  target?: string | undefined;
  prefix?: string | undefined;
}

interface SelectArguments extends ClientArguments {
  ids?: number[] | undefined;
  target?: string | undefined;
  all?: boolean | undefined;
}

type RedriveArguments = SelectArguments & { wait: boolean };

/** `resonate dead-letters …` */
export function builder(deadLetters: Argv): unknown {
  return clientOptions(deadLetters)
    .command('list', 'List messages that could not be delivered, the oldest first', listOptions, list)
    .command(
      'show <id>',
      'Show one of them',
      (options) => options.positional('id', { type: 'number', describe: 'Its id', demandOption: true }),
      async ({ id, ...options }) => show((await get(`${PATH}/${id}`, options)) as object, options, recordTable),
    )
    .command('redrive [ids..]', 'Send them again', redriveOptions, redrive)
    .command('drop [ids..]', 'Forget them', selectOptions, drop)
    .demandCommand(1, 'What of dead letters? (see resonate dead-letters --help)');
}

function listOptions(options: Argv<ClientArguments>): Argv<ListArguments> {
  return options.options({
    limit: { type: 'number', requiresArg: true, describe: 'Most of one page, up to 1000' },
    cursor: textOption('Where the page before ended'),
    transport: textOption('Only those of a transport: http, poll, …'),
    target: textOption('Only those to a target, as the list shows it'),
    prefix: textOption("Only those whose promise's id begins so"),
  });
}

function selectOptions(options: Argv<ClientArguments>): Argv<SelectArguments> {
  return options.positional('ids', { type: 'number', array: true, describe: 'Which ones' }).options({
    target: textOption('All to this target, as the list shows it'),
    all: { type: 'boolean', describe: 'All there are' },
  });
}

async function list({ limit, cursor, transport, target, prefix, ...options }: ListArguments): Promise<void> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ limit, cursor, transport, target, prefix })) {
    if (value !== undefined) query.set(name, String(value));
  }
  const page = (await get(`${PATH}?${query.toString()}`, options)) as DeadLetters;
  show(page, options, letterTable);
}

function redriveOptions(options: Argv<ClientArguments>): Argv<RedriveArguments> {
  return selectOptions(options).option('wait', {
    type: 'boolean',
    default: true,
    describe: 'Wait until all are due again; --no-wait: the server goes on by itself',
  });
}

type Selection = { ids: number[] } | { target: string } | { all: true };

/** @throws ClientError */
function selected(verb: string, { ids = [], target, all }: SelectArguments): Selection {
  const given: Selection[] = [
    ...(ids.length > 0 ? [{ ids }] : []),
    ...(target === undefined ? [] : [{ target }]),
    ...(all ? [{ all }] : []),
  ];
  const [selection, ...others] = given;
  if (!selection || others.length > 0) throw new ClientError(`which to ${verb}? Either ids, --target or --all`);
  return selection;
}

/** Named ones at once; all others are a job of the server, which goes on when this command is ended. */
async function redrive({ wait, ...argv }: RedriveArguments): Promise<void> {
  const selection = selected('redrive', argv);
  if ('ids' in selection) {
    const { redriven } = (await post(`${PATH}/redrive`, selection, argv)) as { redriven: number };
    return show({ redriven }, argv, fieldTable);
  }
  const { redrive: order } = (await post(JOB_PATH, selection, argv)) as RedriveOrder;
  if (!wait) return show(order, argv, recordTable);
  const progress = new Progress();
  let { endedAt, redriven } = order;
  for (; endedAt === undefined; await pause(LOOK_EVERY_MS)) {
    ({ endedAt, redriven } = ((await get(`${JOB_PATH}/${order.id}`, argv)) as RedriveOrder).redrive);
    progress.say(`${redriven} dead letters are sent again`);
  }
  progress.done();
  show({ redriven }, argv, fieldTable);
}

/** Again and again while there is more: one request does only so much. */
async function drop(argv: SelectArguments): Promise<void> {
  const selection = selected('drop', argv);
  const progress = new Progress();
  let dropped = 0;
  for (let more = true; more;) {
    const answer = (await post(`${PATH}/drop`, selection, argv)) as { dropped: number; more: boolean };
    dropped += answer.dropped;
    ({ more } = answer);
    progress.say(`${dropped} dead letters are dropped`);
  }
  progress.done();
  show({ dropped }, argv, fieldTable);
}

function recordTable(answer: object): Table {
  return fieldTable(answer as Record<string, unknown>);
}

function letterTable({ deadLetters }: { deadLetters: readonly DeadLetter[] }): Table {
  return {
    columns: ['ID', 'PROMISE', 'ADDRESS', 'ATTEMPTS', 'DIED', 'LAST ERROR'],
    rows: deadLetters.map(({ id, awaited, address, attempts, diedAt, lastError }) => [
      ...[id, awaited, address, attempts],
      instant(diedAt),
      lastError,
    ]),
  };
}
