import { STATE_VERBS } from '@resonate/admin/words';
import type { PromiseRecord } from '@resonate/protocol';
import { decodedText, errorIn } from '@resonate/protocol/sdk-error';
import type { Argv } from 'yargs';
import { fieldTable, jsonOrText, storedValue } from './answer.ts';
import { clientOptions, durationMs, jsonOf, textOption, type ClientArguments } from './arguments.ts';
import { callData } from './call-data.ts';
import { call, ClientError } from './http.ts';
import { jsonText, printable, show } from './output.ts';
import { untilSettled } from './settled.ts';

interface InvokeArguments extends ClientArguments {
  id: string;
  func: string;
  arg?: string[] | undefined;
  'json-args'?: string | undefined;
  version: number;
  timeout: string;
  target: string;
  delay?: string | undefined;
  wait?: boolean | undefined;
}

export function builder(command: Argv): Argv<InvokeArguments> {
  return clientOptions(command)
    .version(false)
    .positional('id', { type: 'string', describe: 'Id of the call and of its promise', demandOption: true })
    .options({
      func: { ...textOption('Name of the function, as workers registered it'), alias: 'f', demandOption: true },
      arg: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'An argument (repeatable): JSON, or any other text',
      },
      'json-args': textOption('All arguments as a JSON array'),
      version: { type: 'number', requiresArg: true, describe: 'Version of the function', default: 1 },
      timeout: { ...textOption('Time limit of the call'), alias: 't', default: '1h' },
      target: { ...textOption('Address of the workers'), default: 'poll://any@default' },
      delay: textOption('Delay before it starts: 30s, 1h'),
      wait: { type: 'boolean', describe: 'Wait until it ends and print its result' },
    })
    .conflicts('arg', 'json-args');
}

/** `resonate invoke`: calls a function of a worker and prints the promise, or with `--wait` the result. */
export async function handler(argv: InvokeArguments): Promise<void> {
  const created = await call<{ promise: PromiseRecord }>('promise.create', callOf(argv), argv);
  if (argv.wait) printResult(await untilSettled(argv.id, argv));
  else show(created, argv, fieldTable);
}

function callOf({ id, func, version, timeout, target, delay, ...argv }: InvokeArguments): object {
  if (func === '') throw new ClientError('--func must not be empty');
  if (!Number.isSafeInteger(version) || version < 1) throw new ClientError('--version must be an integer above zero');
  const delayMs = delay === undefined ? 0 : durationMs(delay, '--delay');
  const timeoutMs = durationMs(timeout, '--timeout');
  return callData({ id, func, args: argumentsOf(argv), version, target, timeoutMs, delayMs });
}

function argumentsOf({ arg = [], 'json-args': all }: Pick<InvokeArguments, 'arg' | 'json-args'>): unknown[] {
  if (all === undefined) return arg.map((one) => jsonOrText(one, '--arg'));
  const values = jsonOf(all, '--json-args');
  if (!Array.isArray(values)) throw new ClientError('--json-args must be a JSON array');
  return values;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Prints the result of the function: text unchanged, anything else as JSON. @throws ClientError if the call failed */
function printResult({ id, state, value }: PromiseRecord): void {
  const { data = '' } = value;
  if (state === 'resolved') {
    const result = storedValue(data);
    if (typeof result !== 'string') process.stdout.write(jsonText(result));
    else if (result !== '') process.stdout.write(`${process.stdout.isTTY ? printableLines(result) : result}\n`);
    return;
  }
  const error = errorIn(decodedText(data));
  throw new ClientError(`${id} ${STATE_VERBS[state]}${error === '' ? '' : `: ${error}`}`);
}
