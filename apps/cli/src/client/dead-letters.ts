import { setTimeout as pause } from 'node:timers/promises';
import type { DeadLetter } from '@resonate/admin';
import { TRANSPORTS } from '@resonate/protocol/address';
import type { Argv } from 'yargs';
import { SUBCOMMAND_MISSING } from '../exit-with-error.ts';
import { fieldTable } from './answer.ts';
import { choiceOption, clientOptions, textOption, type ClientArguments } from './arguments.ts';
import { ClientError, getAdmin, postAdmin, type ClientOptions } from './http.ts';
import { instant, show, type Table } from './output.ts';
import { Patience } from './patience.ts';
import { Progress } from './progress.ts';
import { pageOptions, search, type Search } from './search.ts';

const LOOK_EVERY_MS = 250;

interface SelectArguments extends ClientArguments {
  ids?: number[] | undefined;
  target?: string | undefined;
  all?: boolean | undefined;
}

type RedriveArguments = SelectArguments & { wait: boolean };

/** `resonate dead-letters …` */
export function builder(deadLetters: Argv): unknown {
  return clientOptions(deadLetters)
    .command('list', 'List messages that could not be delivered, oldest first', listOptions, (argv) => {
      const { transport, target, prefix } = argv;
      return search(DEAD_LETTERS, { transport, target, prefix }, argv);
    })
    .command(
      'show <id>',
      'Show a dead letter',
      (options) =>
        options
          .positional('id', { type: 'number', describe: 'Id of the dead letter', demandOption: true })
          .example('resonate dead-letters show 17', ''),
      async ({ id, ...options }) =>
        show(await getAdmin('/admin/dead-letters/:id', { id }, options), options, recordTable),
    )
    .command('redrive [ids..]', 'Send dead letters again', redriveOptions, redrive)
    .command('drop [ids..]', 'Delete dead letters', dropOptions, drop)
    .demandCommand(1, SUBCOMMAND_MISSING);
}

function listOptions(options: Argv<ClientArguments>) {
  const filters = options.options({
    transport: choiceOption(TRANSPORTS, 'Only for this transport'),
    target: textOption('Only for this target'),
    prefix: textOption('Only for promises whose id begins with this'),
  });
  return pageOptions(filters, DEAD_LETTERS)
    .example('resonate dead-letters list --transport http', 'Messages for http:// and https:// targets')
    .example('resonate dead-letters list --prefix order-', 'Messages about promises of orders');
}

function selectOptions(options: Argv<ClientArguments>): Argv<SelectArguments> {
  return options.positional('ids', { type: 'number', array: true, describe: 'Ids of dead letters' }).options({
    target: textOption('Select all dead letters for this target'),
    all: { type: 'boolean', describe: 'Select all dead letters' },
  });
}

function redriveOptions(options: Argv<ClientArguments>): Argv<RedriveArguments> {
  return selectOptions(options)
    .option('wait', {
      type: 'boolean',
      default: true,
      describe: 'Wait until all are queued for delivery; with --no-wait the server does that in the background',
    })
    .example('resonate dead-letters redrive 17 18', 'Send two of them')
    .example('resonate dead-letters redrive --target https://shop.example.com/orders', 'All for one target');
}

function dropOptions(options: Argv<ClientArguments>): Argv<SelectArguments> {
  return selectOptions(options)
    .example('resonate dead-letters drop 17', 'Delete one')
    .example('resonate dead-letters drop --all', 'Delete all of them');
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
  if (!selection || others.length > 0) throw new ClientError(`${verb} needs exactly one of: ids, --target, --all`);
  return selection;
}

/**
 * Letters that are selected by id are sent at once. For other selections the server runs a job, which continues if this
 * command is interrupted.
 */
async function redrive({ wait, ...argv }: RedriveArguments): Promise<void> {
  const selection = selected('redrive', argv);
  if ('ids' in selection) {
    const { redriven } = await postAdmin('/admin/dead-letters/redrive', selection, argv);
    show({ redriven }, argv, fieldTable);
    return;
  }
  const { redrive: order } = await postAdmin('/admin/jobs/redrive', selection, argv);
  if (!wait) {
    show(order, argv, recordTable);
    return;
  }
  const progress = new Progress();
  const patience = new Patience();
  let { endedAt, redriven } = order;
  try {
    while (endedAt === undefined) {
      const answer = await patience.ask(() => jobOf(order.id, argv));
      if (answer === 'replaced') break;
      if (answer) ({ endedAt, redriven } = answer.redrive);
      progress.say(`${redriven} dead letters sent again`);
      if (endedAt === undefined) await pause(LOOK_EVERY_MS);
    }
  } finally {
    progress.done();
  }
  show({ redriven }, argv, fieldTable);
}

/** The server forgets a job when it starts a later one, which it does only after the end of the job. */
async function jobOf(id: string, options: ClientOptions) {
  try {
    return await getAdmin('/admin/jobs/redrive/:id', { id }, options);
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return 'replaced';
    throw error;
  }
}

/** Sends several requests, because one request drops a limited number of letters. */
async function drop(argv: SelectArguments): Promise<void> {
  const selection = selected('drop', argv);
  const progress = new Progress();
  let dropped = 0;
  try {
    for (let more = true; more;) {
      const answer = await postAdmin('/admin/dead-letters/drop', selection, argv);
      dropped += answer.dropped;
      ({ more } = answer);
      progress.say(`${dropped} dead letters dropped`);
    }
  } finally {
    progress.done();
  }
  show({ dropped }, argv, fieldTable);
}

function recordTable(answer: object): Table {
  return fieldTable(answer as Record<string, unknown>);
}

const DEAD_LETTERS: Search<DeadLetter> = {
  load: (query, options) => getAdmin('/admin/dead-letters', query, options),
  list: 'deadLetters',
  pageSize: 100,
  table: letterTable,
};

function letterTable(deadLetters: readonly DeadLetter[]): Table {
  return {
    columns: ['ID', 'PROMISE', 'ADDRESS', 'ATTEMPTS', 'FAILED AT', 'LAST ERROR'],
    rows: deadLetters.map(({ id, awaited, address, attempts, diedAt, lastError }) => [
      ...[id, awaited, address, attempts],
      instant(diedAt),
      lastError,
    ]),
  };
}
