import type { PromiseRecord } from '@resonate/protocol';
import { PROMISE_STATES } from '@resonate/protocol/records';
import { decodedText, errorIn } from '@resonate/protocol/sdk-error';
import type { Argv } from 'yargs';
import { SUBCOMMAND_MISSING } from '../exit-with-error.ts';
import { answer, fieldTable } from './answer.ts';
import { functionIn } from './call-data.ts';
import { CALLS, MAX_CALLS_PAGE, took } from './calls.ts';
import {
  choiceOption,
  clientOptions,
  encodeData,
  fromNow,
  jsonOf,
  textOption,
  valueOf,
  type ClientArguments,
} from './arguments.ts';
import { call } from './http.ts';
import { instant, show, wantsTable, type Table } from './output.ts';
import { MAX_PAGE, pageOptions, search, searchOf, type Search } from './search.ts';
import { showWhy, whyOf, whyText } from './why.ts';

const ID = { type: 'string', describe: "The promise's id", demandOption: true } as const;
const SETTLED = { resolve: 'resolved', reject: 'rejected', cancel: 'rejected_canceled' } as const;

/** `resonate promises …` */
export function builder(promises: Argv): unknown {
  const command = clientOptions(promises)
    .command(
      'get <id>',
      'Show a promise',
      (options) => options.positional('id', ID).example('resonate promises get order-1', ''),
      (argv) => showPromise(argv),
    )
    .command(
      'why <id>',
      'Say why a promise is pending or how it ended, and what to do',
      (options) => options.positional('id', ID).example('resonate promises why order-1', ''),
      ({ id, ...options }) => showWhy('promises', id, options),
    )
    .command('create <id>', 'Create a promise, or show the existing one with this id', createOptions, (argv) => {
      const { id, timeout, param, tags } = argv;
      const data = {
        id,
        timeoutAt: fromNow(timeout, '--timeout'),
        param: valueOf(param, '--param'),
        tags: jsonOf(tags, '--tags'),
      };
      return answer('promise.create', data, argv);
    });
  for (const [verb, state] of Object.entries(SETTLED)) {
    command.command(
      `${verb} <id>`,
      `${verb.charAt(0).toUpperCase()}${verb.slice(1)} a promise`,
      (options) =>
        options
          .positional('id', ID)
          .option('data', textOption('Result for the workflows that wait for it, as JSON: true, \'"by Ann"\''))
          .option('value', { ...textOption('Its value as it is stored: \'{"data": …}\''), conflicts: 'data' })
          .example(`resonate promises ${verb} approval-1 --data '{"by": "Ann"}'`, ''),
      ({ id, data, value, ...options }) => {
        const settled = data === undefined ? valueOf(value, '--value') : encodeData({ data: sdkData(data) });
        return answer('promise.settle', { id, state, value: settled }, options);
      },
    );
  }
  return command
    .command('search', 'List promises, in order of id', searchOptions, (argv) => {
      const { state, func } = argv;
      const tags = jsonOf(argv.tags, '--tags');
      return func === undefined ? search(PROMISES, { state, tags }, argv) : search(CALLS, { state, tags, func }, argv);
    })
    .command(
      'register-callback <awaited> <awaiter>',
      'Resume the task of a promise when another promise settles',
      (options) =>
        options
          .positional('awaited', { ...ID, describe: 'The promise to wait for' })
          .positional('awaiter', { ...ID, describe: 'The promise that waits' })
          .example('resonate promises register-callback payment-1 order-1', ''),
      ({ awaited, awaiter, ...options }) => answer('promise.register_callback', { awaited, awaiter }, options),
    )
    .command(
      'register-listener <awaited> <address>',
      'Notify an address when a promise settles',
      (options) =>
        options
          .positional('awaited', { ...ID, describe: 'The promise to wait for' })
          .positional('address', { ...ID, describe: 'Address for the message: https://…, poll://…' })
          .example('resonate promises register-listener order-1 https://shop.example.com/orders', ''),
      ({ awaited, address, ...options }) => answer('promise.register_listener', { awaited, address }, options),
    )
    .demandCommand(1, SUBCOMMAND_MISSING);
}

/** Data as the SDKs store it, which is JSON even for a text. @throws ClientError */
function sdkData(text: string): string {
  return JSON.stringify(jsonOf(text, '--data'));
}

/** Prints the record. A table also shows why the promise is pending or failed, if the server can explain it. */
async function showPromise({ id, ...options }: ClientArguments & { id: string }): Promise<void> {
  const record = await call<{ promise: PromiseRecord }>('promise.get', { id }, options);
  show(record, options, fieldTable);
  if (!wantsTable(options)) return;
  const why = await whyOf(id, options);
  if (why && why.cause !== 'resolved') process.stdout.write(`\n${whyText(why)}`);
}

function createOptions(options: Argv<ClientArguments>) {
  return options
    .positional('id', ID)
    .options({
      timeout: { ...textOption('Time until it times out: 30s, 1h30m'), demandOption: true },
      param: textOption('Its param: \'{"data": …}\'; the command base64-encodes data'),
      tags: textOption('Its tags: \'{"name": "value"}\''),
    })
    .example('resonate promises create approval-1 --timeout 3d', 'A promise that a person settles')
    .example(
      `resonate promises create mail-1 --timeout 1h --param '{"data": {"to": "ann"}}' --tags '{"resonate:target": "poll://any@mail"}'`,
      'A promise with a task for the workers of the group mail',
    );
}

function searchOptions(options: Argv<ClientArguments>) {
  const filters = options.options({
    state: choiceOption(PROMISE_STATES, 'Only promises in this state'),
    tags: textOption('Tags that must all match: \'{"name": "value"}\''),
    func: textOption('Full name of the function that is called; lists newest first, without params and values'),
  });
  return pageOptions(filters, PROMISES, `${MAX_PAGE}, or ${MAX_CALLS_PAGE} with --func`)
    .example('resonate promises search --state pending --all', 'Every pending promise')
    .example(`resonate promises search --tags '{"customer": "c-1"}'`, 'Promises with this tag')
    .example('resonate promises search --func processOrder', 'The newest calls of a function');
}

const PROMISES: Search<PromiseRecord> = {
  load: searchOf('promise.search'),
  list: 'promises',
  pageSize: 100,
  table: promiseTable,
};

function promiseTable(promises: readonly PromiseRecord[]): Table {
  return {
    columns: ['ID', 'STATE', 'FUNCTION', 'CREATED', 'TOOK', 'TIMEOUT', 'TARGET', 'VALUE'],
    rows: promises.map((promise) => [
      ...[promise.id, promise.state, functionIn(promise.param.data), instant(promise.createdAt), took(promise)],
      ...[instant(promise.timeoutAt), promise.tags['resonate:target'], resultOf(promise)],
    ]),
  };
}

/** The value, or the error of a failed promise. */
function resultOf({ state, value: { data = '' } }: PromiseRecord): string {
  const text = decodedText(data);
  return state === 'resolved' ? text : errorIn(text);
}
