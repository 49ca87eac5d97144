import { setTimeout as pause } from 'node:timers/promises';
import type { Argv } from 'yargs';
import { clientOptions, type ClientArguments } from './arguments.ts';
import { ClientError } from './http.ts';
import { jsonText, printable, wantsTable } from './output.ts';
import { Patience } from './patience.ts';
import { Progress } from './progress.ts';
import { loadTree } from './tree-load.ts';
import { treeLine } from './tree-line.ts';
import type { Placed } from './tree-order.ts';
import { whyOf, whyText } from './why.ts';

type TreeArguments = ClientArguments & { id: string; watch?: boolean | undefined };

export function builder(command: Argv): Argv<TreeArguments> {
  return clientOptions(command)
    .positional('id', { type: 'string', describe: 'Id of the root promise', demandOption: true })
    .describe('output', 'Output format; default: a tree; on a terminal also why it is pending')
    .option('watch', {
      type: 'boolean',
      describe: 'Print the tree again whenever it changes, until every promise is settled',
    });
}

const LOOK_AGAIN_MS = 500;

/**
 * `resonate tree`: the call graph of a promise as a tree. With `--output json` it prints the promises in the order of
 * the tree.
 */
export async function handler(argv: TreeArguments): Promise<void> {
  if (argv.watch) return watch(argv);
  const tree = await loadTree(argv.id, argv);
  if (tree.length === 0) throw new ClientError(`there is no promise with the id or the origin ${argv.id}`);
  process.stdout.write(treeText(tree, argv));
  const why = wantsTable(argv) && tree[0]?.promise?.state === 'pending' ? await whyOf(argv.id, argv) : null;
  if (why) process.stdout.write(`\n${whyText(why)}`);
}

/** In a pipe the output equals that of the public server's command. On a terminal it also says how calls failed. */
function treeText(tree: readonly Placed[], argv: TreeArguments): string {
  if (argv.output === 'json') return jsonText({ promises: tree.flatMap(({ promise }) => promise ?? []) });
  return tree.map((placed) => `${treeLine(placed, wantsTable(argv))}\n`).join('');
}

/** On a terminal each tree replaces the previous one. Elsewhere an empty line separates them. */
async function watch(argv: TreeArguments): Promise<void> {
  const progress = new Progress();
  let shown = '';
  let height = 0;
  try {
    // The first request is not repeated, so that a wrong URL is reported at once.
    let tree: Placed[] | null = await loadTree(argv.id, argv);
    if (tree.length === 0 && !process.stderr.isTTY) {
      process.stderr.write(`waiting for ${printable(argv.id)}, which does not exist yet\n`);
    }
    const patience = new Patience();
    for (;;) {
      if (tree) {
        const text = tree.length === 0 ? '' : treeText(tree, argv);
        progress.done();
        if (text === '') progress.say(`waiting for ${printable(argv.id)}`);
        if (text !== shown) {
          if (process.stdout.isTTY) height = redraw(text, height);
          else process.stdout.write(`${shown === '' ? '' : '\n'}${text}`);
          shown = text;
        }
        if (tree.length > 0 && tree.every(({ promise }) => promise?.state !== 'pending')) return;
      } else {
        progress.say('waiting for the server');
      }
      await pause(LOOK_AGAIN_MS);
      tree = await patience.ask(() => loadTree(argv.id, argv));
    }
  } finally {
    progress.done();
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
