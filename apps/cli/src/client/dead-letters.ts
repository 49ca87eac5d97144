import { setTimeout as pause } from 'node:timers/promises';
import type { DeadLetter, DeadLetters, RedriveOrder } from '@resonate/admin';
import type { Argv } from 'yargs';
import { SUBCOMMAND_MISSING } from '../complain.ts';
import { fieldTable } from './answer.ts';
import { clientOptions, textOption, type ClientArguments } from './arguments.ts';
import { ClientError, get, post } from './http.ts';
import { instant, show, wantsTable, type Table } from './output.ts';
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
    .command('list', 'List messages that could not be delivered, oldest first', listOptions, list)
    .command(
      'show <id>',
      'Show a dead letter',
      (options) => options.positional('id', { type: 'number', describe: 'Id of the dead letter', demandOption: true }),
      async ({ id, ...options }) => show((await get(`${PATH}/${id}`, options)) as object, options, recordTable),
    )
    .command('redrive [ids..]', 'Send dead letters again', redriveOptions, redrive)
    .command('drop [ids..]', 'Delete dead letters', selectOptions, drop)
    .demandCommand(1, SUBCOMMAND_MISSING);
}

function listOptions(options: Argv<ClientArguments>): Argv<ListArguments> {
  return options.options({
    limit: { type: 'number', requiresArg: true, describe: 'Maximum number on a page, up to 1000' },
    cursor: textOption('Cursor that the previous page ended with'),
    transport: textOption('Only for this transport: http, poll, …'),
    target: textOption('Only for this target'),
    prefix: textOption('Only for promises whose id begins with this'),
  });
}

function selectOptions(options: Argv<ClientArguments>): Argv<SelectArguments> {
  return options.positional('ids', { type: 'number', array: true, describe: 'Ids of dead letters' }).options({
    target: textOption('Select all dead letters for this target'),
    all: { type: 'boolean', describe: 'Select all dead letters' },
  });
}

async function list({ limit, cursor, transport, target, prefix, ...options }: ListArguments): Promise<void> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ limit, cursor, transport, target, prefix })) {
    if (value !== undefined) query.set(name, String(value));
  }
  const page = (await get(`${PATH}?${query.toString()}`, options)) as DeadLetters;
  show(page, options, letterTable);
  if (page.cursor !== undefined && wantsTable(options)) process.stderr.write(`next page: --cursor ${page.cursor}\n`);
}

function redriveOptions(options: Argv<ClientArguments>): Argv<RedriveArguments> {
  return selectOptions(options).option('wait', {
    type: 'boolean',
    default: true,
    describe: 'Wait until all are queued for delivery; with --no-wait the server does that in the background',
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
  if (!selection || others.length > 0)
    throw new ClientError(`nothing to ${verb}: give ids, --target or --all, and only one of them`);
  return selection;
}

/**
 * Letters that are selected by id are sent at once. For other selections the server runs a job, which continues if this
 * command is interrupted.
 */
async function redrive({ wait, ...argv }: RedriveArguments): Promise<void> {
  const selection = selected('redrive', argv);
  if ('ids' in selection) {
    const { redriven } = (await post(`${PATH}/redrive`, selection, argv)) as { redriven: number };
    show({ redriven }, argv, fieldTable);
    return;
  }
  const { redrive: order } = (await post(JOB_PATH, selection, argv)) as RedriveOrder;
  if (!wait) {
    show(order, argv, recordTable);
    return;
  }
  const progress = new Progress();
  let { endedAt, redriven } = order;
  while (endedAt === undefined) {
    ({ endedAt, redriven } = ((await get(`${JOB_PATH}/${order.id}`, argv)) as RedriveOrder).redrive);
    progress.say(`${redriven} dead letters sent again`);
    if (endedAt === undefined) await pause(LOOK_EVERY_MS);
  }
  progress.done();
  show({ redriven }, argv, fieldTable);
}

/** Sends several requests, because one request drops a limited number of letters. */
async function drop(argv: SelectArguments): Promise<void> {
  const selection = selected('drop', argv);
  const progress = new Progress();
  let dropped = 0;
  for (let more = true; more;) {
    const answer = (await post(`${PATH}/drop`, selection, argv)) as { dropped: number; more: boolean };
    dropped += answer.dropped;
    ({ more } = answer);
    progress.say(`${dropped} dead letters dropped`);
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
