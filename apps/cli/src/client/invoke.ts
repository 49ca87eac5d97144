import type { PromiseRecord } from '@resonate/protocol';
import type { Argv } from 'yargs';
import { decoded, fieldTable } from './answer.ts';
import { base64, clientOptions, durationMs, jsonOf, textOption, type ClientArguments } from './arguments.ts';
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
    .positional('id', { type: 'string', describe: 'Id of the promise, which names the call', demandOption: true })
    .options({
      func: { ...textOption('Name under which workers registered the function'), alias: 'f', demandOption: true },
      arg: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'One argument (repeatable): JSON, or a text that is none',
      },
      'json-args': textOption('All arguments as a JSON array'),
      version: { type: 'number', requiresArg: true, describe: 'Version of the function', default: 1 },
      timeout: { ...textOption('How long the call may take'), alias: 't', default: '1h' },
      target: { ...textOption('Address of the workers'), default: 'poll://any@default' },
      delay: textOption('How long to wait before it starts: 30s, 1h'),
      wait: { type: 'boolean', describe: 'Wait until it is done and print its result' },
    })
    .conflicts('arg', 'json-args');
}

/** `resonate invoke`: calls a function of a worker; prints the promise at once, or with `--wait` the result. */
export async function handler(argv: InvokeArguments): Promise<void> {
  const created = await call<{ promise: PromiseRecord }>('promise.create', callData(argv), argv);
  if (argv.wait) printResult(await untilSettled(argv.id, argv));
  else show(created, argv, fieldTable);
}

function callData({ id, func, version, timeout, target, delay, ...argv }: InvokeArguments): object {
  if (!Number.isSafeInteger(version) || version < 1) throw new ClientError('--version must be an integer above zero');
  const delayMs = delay === undefined ? 0 : durationMs(delay, '--delay');
  const now = Date.now();
  const tags = { 'resonate:target': target, ...(delayMs > 0 ? { 'resonate:delay': String(now + delayMs) } : {}) };
  return {
    id,
    // The wait before the start is none of the call's time.
    timeoutAt: now + delayMs + durationMs(timeout, '--timeout'),
    param: { headers: {}, data: base64({ func, args: argumentsOf(argv), version }) },
    tags,
  };
}

function argumentsOf({ arg = [], 'json-args': all }: Pick<InvokeArguments, 'arg' | 'json-args'>): unknown[] {
  if (all === undefined) return arg.map(jsonOrText);
  const values = jsonOf(all, '--json-args');
  if (!Array.isArray(values)) throw new ClientError('--json-args must be a JSON array');
  return values;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  rejected: 'was rejected',
  rejected_canceled: 'was canceled',
  rejected_timedout: 'timed out',
};

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** What the function returned, as JSON; a text as it is. @throws ClientError when it did not return. */
function printResult({ id, state, value }: PromiseRecord): void {
  const text = value.data === undefined ? '' : decoded(value.data);
  const result = jsonOrText(text);
  if (state === 'resolved') {
    if (typeof result !== 'string') process.stdout.write(jsonText(result));
    else if (result !== '') process.stdout.write(`${process.stdout.isTTY ? printableLines(result) : result}\n`);
    return;
  }
  const { message } = (typeof result === 'object' && result !== null ? result : {}) as { message?: unknown };
  const why = typeof message === 'string' ? message : text;
  throw new ClientError(`${id} ${OUTCOMES[state] ?? state}${why === '' ? '' : `: ${why}`}`);
}
