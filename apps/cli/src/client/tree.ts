import { setTimeout as pause } from 'node:timers/promises';
import type { PromiseRecord } from '@resonate/protocol';
import type { Argv } from 'yargs';
import { clientOptions, type ClientArguments } from './arguments.ts';
import { call, ClientError, type ClientOptions } from './http.ts';
import { jsonText, printable } from './output.ts';
import { Progress } from './progress.ts';
import { arrange, type Placed } from './tree-order.ts';
import { treeLine } from './tree-line.ts';

type TreeArguments = ClientArguments & { id: string; watch?: boolean | undefined };

export function builder(command: Argv): Argv<TreeArguments> {
  return clientOptions(command)
    .positional('id', { type: 'string', describe: 'Id of the root promise', demandOption: true })
    .option('watch', {
      type: 'boolean',
      describe: 'Print the tree again whenever it changes, until every promise is settled',
    });
}

const PAGE = 1000;
/** The largest tree that is shown. Nobody could read a larger one. */
const MAX_PROMISES = 10_000;
const LOOK_AGAIN_MS = 500;

/**
 * `resonate tree`: the call graph of a promise as a tree. With `--output json` it prints the promises in the order of
 * the tree.
 */
export async function handler(argv: TreeArguments): Promise<void> {
  if (argv.watch) return watch(argv);
  const tree = await load(argv.id, argv);
  if (tree.length === 0) throw new ClientError(`there is no promise with the id or the origin ${argv.id}`);
  process.stdout.write(treeText(tree, argv));
}

function treeText(tree: readonly Placed[], { output }: TreeArguments): string {
  if (output === 'json') return jsonText({ promises: tree.flatMap(({ promise }) => promise ?? []) });
  return tree.map((placed) => `${treeLine(placed)}\n`).join('');
}

/** On a terminal each tree replaces the previous one. Elsewhere an empty line separates them. */
async function watch(argv: TreeArguments): Promise<void> {
  const progress = new Progress();
  let shown = '';
  let height = 0;
  for (;;) {
    const tree = await load(argv.id, argv);
    const text = tree.length === 0 ? '' : treeText(tree, argv);
    if (text === '') progress.say(`waiting for ${printable(argv.id)}`);
    if (text !== shown) {
      progress.done();
      if (process.stdout.isTTY) height = redraw(text, height);
      else process.stdout.write(`${shown === '' ? '' : '\n'}${text}`);
      shown = text;
    }
    if (tree.length > 0 && tree.every(({ promise }) => promise?.state !== 'pending')) return;
    await pause(LOOK_AGAIN_MS);
  }
}

/** @param height the number of lines of the previous tree. @returns the number of lines of this tree. */
function redraw(text: string, height: number): number {
  const lines = text.split('\n').slice(0, -1);
  const room = Math.max(2, (process.stdout.rows || 24) - 1);
  const hidden = lines.length > room ? lines.splice(room - 1).length : 0;
  if (hidden > 0) lines.push(`… and ${hidden} more`);
  const up = height > 0 ? `\x1b[${height}A` : '';
  // Turn off line wrapping while printing, because a wrapped line would make the line count wrong.
  process.stdout.write(`${up}\x1b[J\x1b[?7l${lines.map((line) => `${line}\n`).join('')}\x1b[?7h`);
  return lines.length;
}

async function load(id: string, options: ClientOptions): Promise<Placed[]> {
  const promises: PromiseRecord[] = [];
  const query = { tags: { 'resonate:origin': id }, limit: PAGE };
  let cursor: string | undefined;
  do {
    const page = await call<{ promises: PromiseRecord[]; cursor?: string }>(
      'promise.search',
      { ...query, cursor },
      options,
    );
    promises.push(...page.promises);
    cursor = page.cursor;
    if (promises.length > MAX_PROMISES)
      throw new ClientError(`the tree of ${id} has more than ${MAX_PROMISES} promises`);
  } while (cursor !== undefined);
  const root = promises.find((promise) => promise.id === id) ?? (await find(id, options));
  return root === null && promises.length === 0 ? [] : arrange({ id, promise: root }, promises);
}

/** Gets the root by its id, because a promise that `invoke` created has no origin tag. */
async function find(id: string, options: ClientOptions): Promise<PromiseRecord | null> {
  try {
    return (await call<{ promise: PromiseRecord }>('promise.get', { id }, options)).promise;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return null;
    throw error;
  }
}
