import type { Argv } from 'yargs';
import { fieldTable } from './answer.ts';
import { clientOptions, textOption, type ClientArguments } from './arguments.ts';
import { ClientError, get, post } from './http.ts';
import { instant, show, type Table } from './output.ts';

const PATH = '/admin/dead-letters';

interface DeadLetter {
  id: number;
  awaited: string;
  address: string;
  transport: string;
  target: string;
  attempts: number;
  lastError: string;
  enqueuedAt: number;
  diedAt: number;
}

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
    .command('redrive [ids..]', 'Send them again', selectOptions, (argv) => act('redrive', 'redriven', argv))
    .command('drop [ids..]', 'Forget them', selectOptions, (argv) => act('drop', 'dropped', argv))
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
  const page = (await get(`${PATH}?${query.toString()}`, options)) as { deadLetters: DeadLetter[]; cursor?: string };
  show(page, options, letterTable);
}

/** Again and again while there is more: one request does only so much. */
async function act(
  verb: 'redrive' | 'drop',
  done: 'redriven' | 'dropped',
  { ids = [], target, all, ...options }: SelectArguments,
): Promise<void> {
  const given = [...(ids.length > 0 ? [{ ids }] : []), ...(target === undefined ? [] : [{ target }])];
  const [selection, ...others] = [...given, ...(all ? [{ all }] : [])];
  if (!selection || others.length > 0) throw new ClientError(`which to ${verb}? Either ids, --target or --all`);
  let count = 0;
  for (let more = true; more;) {
    const answer = (await post(`${PATH}/${verb}`, selection, options)) as Record<string, unknown>;
    count += Number(answer[done]);
    more = answer['more'] === true;
  }
  show({ [done]: count }, options, fieldTable);
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
